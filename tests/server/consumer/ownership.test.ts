import { afterEach, beforeEach, expect, test } from 'vitest';
import { GroupMemory, openMemoryGroups } from '../../../server/consumer/memory/groups.ts';
import { Ownership } from '../../../server/consumer/ownership.ts';
import type { GroupStore } from '../../../server/consumer/port.ts';
import { StoreError } from '../../../server/features/error.ts';
import { until } from '../../helpers/redis-server.ts';

const PARTITIONS = 6;

/** The store's clock, which only the tests move. */
let now = 0;
let memory: GroupMemory;
let members: Member[] = [];

beforeEach(() => {
  now = 1_000_000;
  memory = new GroupMemory(() => now);
});
afterEach(async () => {
  for (const member of members) member.flushed();
  await Promise.all(members.map(({ ownership }) => ownership.stop()));
  members = [];
});

class Member {
  readonly ownership: Ownership;
  readonly owned = new Set<number>();
  readonly lost: number[] = [];
  readonly troubles: unknown[] = [];
  /** Storage does not answer. */
  down = false;
  /** Hand-overs wait for this. */
  flushing: Promise<void> = Promise.resolve();
  flushed: () => void = () => {};

  constructor(name: string) {
    const store = openMemoryGroups({ group: 'g', memory });
    const groups = new Proxy(store, {
      get:
        (_, method: keyof GroupStore) =>
        (...args: never[]) => {
          if (this.down) return Promise.reject(new StoreError('unavailable', 'down'));
          return (store[method] as (...args: never[]) => unknown)(...args);
        },
    });
    this.ownership = new Ownership({
      ...{ groups, member: name, partitions: PARTITIONS, ttlMs: 3_000, renewMs: 5 },
      handlers: {
        acquired: (partition) => void this.owned.add(partition),
        handOver: async (partition) => {
          await this.flushing;
          this.owned.delete(partition);
        },
        lost: (partition) => {
          this.owned.delete(partition);
          this.lost.push(partition);
        },
        trouble: (error) => void this.troubles.push(error),
      },
    });
    members.push(this);
    this.ownership.start();
  }

  owns(count: number): Promise<unknown> {
    return until(async () => this.owned.size === count);
  }
}

function together(): number[] {
  return members.flatMap(({ owned }) => [...owned]).sort();
}

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

test('who is alone owns everything', async () => {
  await new Member('a').owns(PARTITIONS);
});

test('a second member gets its share, and each partition has one owner at any time', async () => {
  const a = new Member('a');
  await a.owns(PARTITIONS);
  const b = new Member('b');
  await until(async () => {
    expect(new Set(together()).size).toBe(together().length);
    return a.owned.size === 3 && b.owned.size === 3;
  });
  expect(together()).toEqual(ALL);
  expect([...a.lost, ...b.lost]).toEqual([]);
});

test('a partition is only given up when what is under way is in storage', async () => {
  const a = new Member('a');
  await a.owns(PARTITIONS);
  a.flushing = new Promise((resolve) => {
    a.flushed = resolve;
  });
  const b = new Member('b');
  await until(async () => ALL.some((partition) => a.ownership.lease(partition) === null));
  await until(async () => (await openMemoryGroups({ group: 'g', memory }).join('b', 3_000)).length === 2);
  expect(b.owned.size).toBe(0);
  a.flushed();
  await b.owns(3);
});

test('who leaves is followed at once', async () => {
  const [a, b] = [new Member('a'), new Member('b')];
  await Promise.all([a.owns(3), b.owns(3)]);
  await a.ownership.stop();
  expect(a.owned.size).toBe(0);
  await b.owns(PARTITIONS);
});

test('when a member is gone its leases run out, and another takes over', async () => {
  const [a, b] = [new Member('a'), new Member('b')];
  await Promise.all([a.owns(3), b.owns(3)]);
  a.down = true;
  now += 2_000;
  await until(async () => a.troubles.length > 0);
  expect(b.owned.size).toBe(3);
  await renewed(b);
  now += 2_000;
  await b.owns(PARTITIONS);
  // It thinks that it still owns its own, until it hears of it.
  expect(a.owned.size).toBe(3);
  a.down = false;
  await until(async () => a.lost.length === 3);
  await Promise.all([a.owns(3), b.owns(3)]);
});

test('storage that does not answer costs nobody anything, if nobody else took over meanwhile', async () => {
  const a = new Member('a');
  await a.owns(PARTITIONS);
  a.down = true;
  await until(async () => a.troubles.length > 3);
  now += 60_000;
  a.down = false;
  const before = a.troubles.length;
  await until(async () => a.ownership.settled);
  expect(a.owned.size).toBe(PARTITIONS);
  expect(a.lost).toEqual([]);
  expect(a.troubles.length).toBeLessThanOrEqual(before + PARTITIONS + 1);
});

test('a lost lease is noticed when it is asked for', async () => {
  const a = new Member('a');
  await a.owns(PARTITIONS);
  expect(await a.ownership.check(2)).toBe(true);
  memory.groups.delete('g');
  expect(await a.ownership.check(2)).toBe(false);
  expect(a.lost).toContain(2);
});

/** At the store's present time. */
async function renewed({ ownership }: Member): Promise<void> {
  for (const partition of ALL) if (ownership.lease(partition)) await ownership.check(partition);
  await openMemoryGroups({ group: 'g', memory }).join('b', 3_000);
}
