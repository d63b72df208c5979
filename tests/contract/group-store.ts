/**
 * The contract of `server/consumer/port.ts`. An engine's test is a factory and one call of `runGroupStoreContract`.
 *
 * Time is the store's own. A case that needs a lease to last gives it LONG, one that needs it to end gives it SHORT and asks until it has.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { GroupDirectory, GroupStore, Lease } from '../../server/consumer/port.ts';
import { until } from '../helpers/redis-server.ts';

/** A storage of its own, for groups of 4 partitions. What it opened is closed with it. */
export interface GroupsUnderTest {
  /** Each call is another process. */
  open(group: string): Promise<GroupStore>;
  directory(): Promise<GroupDirectory>;
  destroy(): Promise<void>;
}
export type OpenGroups = () => Promise<GroupsUnderTest>;

const LONG = 60_000;
const SHORT = 40;

export function runGroupStoreContract(name: string, openGroups: OpenGroups): void {
  describe(`group store contract: ${name}`, () => {
    const opened: GroupsUnderTest[] = [];
    const start = async (): Promise<GroupsUnderTest> => {
      const subject = await openGroups();
      opened.push(subject);
      return subject;
    };
    /** Two processes of one group. */
    const startTwo = async (): Promise<[GroupStore, GroupStore]> => {
      const subject = await start();
      return [await subject.open('processor'), await subject.open('processor')];
    };
    afterEach(async () => {
      for (const subject of opened.splice(0)) await subject.destroy();
    });

    describe('members', () => memberCases(startTwo));
    describe('leases', () => leaseCases(startTwo));
    describe('commits', () => commitCases(startTwo));
    describe('groups', () => groupCases(start));
    describe('closing', () => closingCases(start));
  });
}

type StartTwo = () => Promise<[GroupStore, GroupStore]>;

function memberCases(startTwo: StartTwo): void {
  test('who joins is told of all, in an order that all see', async () => {
    const [one, two] = await startTwo();
    expect(await one.join('b', LONG)).toEqual(['b']);
    expect(await two.join('a', LONG)).toEqual(['a', 'b']);
    expect(await two.join('c', LONG)).toEqual(['a', 'b', 'c']);
    expect(await one.join('b', LONG)).toEqual(['a', 'b', 'c']);
  });

  test('who is not heard of any more is gone, who says so stays', async () => {
    const [one, two] = await startTwo();
    await one.join('brief', SHORT);
    await two.join('steady', LONG);
    await until(async () => !(await two.join('steady', LONG)).includes('brief'));
    expect(await one.join('brief', LONG)).toEqual(['brief', 'steady']);
  });

  test('who leaves is gone at once', async () => {
    const [one, two] = await startTwo();
    await one.join('a', LONG);
    await two.join('b', LONG);
    await one.leave('a');
    await one.leave('a');
    expect(await two.join('b', LONG)).toEqual(['b']);
  });

  test.each([
    ['without a name', '', LONG],
    ['with too long a name', 'm'.repeat(257), LONG],
    ['that lives for no time', 'm', 0],
  ])('a member %s is refused', async (_, member, ttlMs) => {
    const [one] = await startTwo();
    await expect(one.join(member, ttlMs)).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
    await expect(one.acquire(0, member, ttlMs)).rejects.toMatchObject({ code: 'invalid' });
  });
}

function leaseCases(startTwo: StartTwo): void {
  test('a lease is taken once', async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    expect(lease).toMatchObject({ partition: 0, owner: 'a' });
    expect(await two.acquire(0, 'b', LONG)).toBeNull();
    expect(await two.acquire(1, 'b', LONG)).toMatchObject({ partition: 1, owner: 'b' });
  });

  test('of several at once one gets it', async () => {
    const stores = await startTwo();
    for (const partition of [0, 1, 2, 3]) {
      const members = ['a', 'b', 'c', 'd', 'e', 'f'];
      const leases = await Promise.all(members.map((member, i) => stores[i % 2]!.acquire(partition, member, LONG)));
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
    }
  });

  test('its owner takes it again with the same fence', async () => {
    const [one] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    expect(await one.acquire(0, 'a', LONG)).toEqual(lease);
  });

  test('it is renewed, and lasts', async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a', SHORT);
    expect(await one.renew(lease, LONG)).toBe(true);
    // When a lease that was as short as the first one has ended, the renewed one still stands.
    await mustAcquire(one, 1, 'a', SHORT);
    await until(() => two.acquire(1, 'b', LONG));
    expect(await two.acquire(0, 'b', LONG)).toBeNull();
  });

  test('when it has run out another takes it, with a higher fence', async () => {
    const [one, two] = await startTwo();
    const old = await mustAcquire(one, 0, 'a', SHORT);
    const taken = await until(() => two.acquire(0, 'b', LONG));
    expect(taken.fence).toBeGreaterThan(old.fence);
    expect(await one.acquire(0, 'a', LONG)).toBeNull();
  });

  test('an owner that was asleep has lost it: nothing that it does counts', async () => {
    const [one, two] = await startTwo();
    const old = await mustAcquire(one, 0, 'a', SHORT);
    expect(await one.commit(old, 0, 5)).toBe(true);
    const taken = await until(() => two.acquire(0, 'b', LONG));
    expect(await one.renew(old, LONG)).toBe(false);
    expect(await one.commit(old, 5, 9)).toBe(false);
    await one.release(old);
    expect(await two.renew(taken, LONG)).toBe(true);
    expect(await two.commit(taken, 5, 6)).toBe(true);
    expect(await two.progress()).toMatchObject([{ partition: 0, position: 6 }]);
  });

  test('nor does it count when the lease went to another and came back', async () => {
    const [one, two] = await startTwo();
    const old = await mustAcquire(one, 0, 'a');
    await one.release(old);
    await two.release(await mustAcquire(two, 0, 'b'));
    const again = await mustAcquire(one, 0, 'a');
    expect(again.fence).toBeGreaterThan(old.fence);
    expect(await one.renew(old, LONG)).toBe(false);
    expect(await one.commit(old, 0, 1)).toBe(false);
    await one.release(old);
    expect(await one.renew(again, LONG)).toBe(true);
  });

  test("one that ran out and that nobody took is still its owner's", async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a', SHORT);
    await mustAcquire(one, 1, 'a', SHORT);
    await until(() => two.acquire(1, 'b', LONG));
    expect(await one.commit(lease, 0, 3)).toBe(true);
    expect(await one.renew(lease, LONG)).toBe(true);
    expect(await two.acquire(0, 'b', LONG)).toBeNull();
  });

  test('what is given up is free at once', async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    await one.release(lease);
    await one.release(lease);
    expect(await one.renew(lease, LONG)).toBe(false);
    expect(await one.commit(lease, 0, 1)).toBe(false);
    expect((await mustAcquire(two, 0, 'b')).fence).toBeGreaterThan(lease.fence);
  });

  test('a lease that there never was is not renewed', async () => {
    const [one] = await startTwo();
    const invented: Lease = { partition: 0, owner: 'a', fence: 1 };
    expect(await one.renew(invented, LONG)).toBe(false);
    expect(await one.commit(invented, 0, 1)).toBe(false);
    await one.release(invented);
    expect(await one.progress()).toEqual([]);
  });
}

function commitCases(startTwo: StartTwo): void {
  test('a position moves on from where it stands', async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 2, 'a');
    expect(await one.progress()).toEqual([{ partition: 2, position: 0, at: 0 }]);
    expect(await one.commit(lease, 0, 10)).toBe(true);
    expect(await one.commit(lease, 0, 20)).toBe(false);
    expect(await one.commit(lease, 11, 20)).toBe(false);
    expect(await one.commit(lease, 10, 2 ** 53 - 1)).toBe(true);
    const [{ partition, position, at }] = (await two.progress()) as [
      { partition: number; position: number; at: number },
    ];
    expect({ partition, position }).toEqual({ partition: 2, position: 2 ** 53 - 1 });
    // The same machine: its clock is the store's.
    expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
  });

  test('of several commits from the same place one is done', async () => {
    const [one] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    const done = await Promise.all([1, 2, 3, 4, 5].map((position) => one.commit(lease, 0, position)));
    expect(done.filter((is) => is)).toHaveLength(1);
    expect(await one.progress()).toMatchObject([{ partition: 0, position: done.indexOf(true) + 1 }]);
  });

  test('the position outlives the owner', async () => {
    const [one, two] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    await one.commit(lease, 0, 7);
    await one.release(lease);
    const next = await mustAcquire(two, 0, 'b');
    expect(await two.progress()).toMatchObject([{ partition: 0, position: 7 }]);
    expect(await two.commit(next, 7, 8)).toBe(true);
  });

  test('renewing and committing at once do not undo each other', async () => {
    const [one] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a', LONG);
    for (let position = 0; position < 20; position++) {
      const outcomes = await Promise.all([
        one.renew(lease, LONG),
        one.commit(lease, position, position + 1),
        one.renew(lease, LONG),
      ]);
      expect(outcomes).toEqual([true, true, true]);
    }
    expect(await one.progress()).toMatchObject([{ partition: 0, position: 20 }]);
  });

  test.each([
    ['backwards', 5, 4],
    ['to what is no position', 0, 1.5],
    ['from before the beginning', -1, 0],
  ])('a group does not go %s', async (_, expected, position) => {
    const [one] = await startTwo();
    const lease = await mustAcquire(one, 0, 'a');
    await expect(one.commit(lease, expected, position)).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
  });

  test('progress comes by partition', async () => {
    const [one, two] = await startTwo();
    for (const partition of [3, 0, 2]) await one.commit(await mustAcquire(one, partition, 'a'), 0, partition + 1);
    const found = (await two.progress()).map(({ partition, position }) => [partition, position]);
    expect(found).toEqual([
      [0, 1],
      [2, 3],
      [3, 4],
    ]);
  });
}

function groupCases(start: OpenGroups): void {
  test('groups do not know of each other, and the directory knows them all', async () => {
    const subject = await start();
    const [one, two] = [await subject.open('one'), await subject.open('two.b')];
    await one.join('m', LONG);
    expect(await two.join('n', LONG)).toEqual(['n']);
    await one.commit(await mustAcquire(one, 0, 'm'), 0, 5);
    await two.commit(await mustAcquire(two, 0, 'n'), 0, 6);
    await mustAcquire(two, 3, 'n');
    await (await subject.open('idle')).progress();
    const directory = await subject.directory();
    expect(await directory.groups()).toMatchObject([
      { group: 'one', progress: [{ partition: 0, position: 5 }] },
      {
        group: 'two.b',
        progress: [
          { partition: 0, position: 6 },
          { partition: 3, position: 0, at: 0 },
        ],
      },
    ]);
  });

  test('a group that only has members, or only leases, is known', async () => {
    const subject = await start();
    await (await subject.open('members')).join('m', LONG);
    await (await subject.open('leases')).acquire(1, 'm', LONG);
    const groups = await (await subject.directory()).groups();
    expect(groups.map(({ group }) => group)).toEqual(['leases', 'members']);
  });

  test('a group that is forgotten begins anew, and its owners have lost it', async () => {
    const subject = await start();
    const [gone, stays] = [await subject.open('gone'), await subject.open('stays')];
    await gone.join('m', LONG);
    const lease = await mustAcquire(gone, 0, 'm');
    await gone.commit(lease, 0, 5);
    await stays.commit(await mustAcquire(stays, 0, 'm'), 0, 6);
    const directory = await subject.directory();
    await directory.forget('gone');
    await directory.forget('gone');
    expect(await directory.groups()).toMatchObject([{ group: 'stays', progress: [{ partition: 0, position: 6 }] }]);
    expect(await gone.progress()).toEqual([]);
    expect(await gone.renew(lease, LONG)).toBe(false);
    expect(await gone.commit(lease, 5, 6)).toBe(false);
    expect(await gone.join('n', LONG)).toEqual(['n']);
    expect(await (await subject.directory()).groups()).toMatchObject([
      { group: 'gone', progress: [] },
      { group: 'stays' },
    ]);
    // Nothing of the old fence is left but the time.
    const forgotten = Date.now();
    await until(async () => Date.now() > forgotten);
    const next = await mustAcquire(gone, 0, 'm');
    expect(next.fence).toBeGreaterThan(lease.fence);
    expect(await gone.commit(next, 0, 1)).toBe(true);
  });

  test('a name that is none is refused', async () => {
    const subject = await start();
    for (const name of ['', 'a b', 'a:b', 'x'.repeat(65), '{a}']) {
      await expect(subject.open(name)).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
    }
    const longest = `A-z_0.9${'x'.repeat(57)}`;
    await (await subject.open(longest)).join('m', LONG);
    expect(await (await subject.directory()).groups()).toEqual([{ group: longest, progress: [] }]);
  });
}

function closingCases(start: OpenGroups): void {
  test('close twice; afterwards everything answers closed, and leases stay', async () => {
    const subject = await start();
    const [one, two] = [await subject.open('processor'), await subject.open('processor')];
    const lease = await mustAcquire(one, 0, 'a');
    await one.close();
    await one.close();
    const closed = { name: 'StoreError', code: 'closed' };
    await expect(one.join('a', LONG)).rejects.toMatchObject(closed);
    await expect(one.leave('a')).rejects.toMatchObject(closed);
    await expect(one.acquire(0, 'a', LONG)).rejects.toMatchObject(closed);
    await expect(one.renew(lease, LONG)).rejects.toMatchObject(closed);
    await expect(one.release(lease)).rejects.toMatchObject(closed);
    await expect(one.commit(lease, 0, 1)).rejects.toMatchObject(closed);
    await expect(one.progress()).rejects.toMatchObject(closed);
    expect(await two.acquire(0, 'b', LONG)).toBeNull();
  });

  test('a directory is closed twice', async () => {
    const directory = await (await start()).directory();
    await directory.close();
    await directory.close();
    await expect(directory.groups()).rejects.toMatchObject({ name: 'StoreError', code: 'closed' });
    await expect(directory.forget('g')).rejects.toMatchObject({ code: 'closed' });
  });
}

async function mustAcquire(store: GroupStore, partition: number, member: string, ttlMs = LONG): Promise<Lease> {
  const lease = await store.acquire(partition, member, ttlMs);
  if (!lease) throw new Error(`${member} did not get partition ${partition}`);
  return lease;
}
