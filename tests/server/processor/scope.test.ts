import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StoredEvent } from '../../../format/model.ts';
import { userGroup } from '../../../server/features/groups.ts';
import { openMemoryFeatureStore } from '../../../server/features/memory/store.ts';
import type { FeatureStore, ScopeCommit } from '../../../server/features/port.ts';
import type { ConsumedEvent, Projection } from '../../../server/processor/projection.ts';
import { type RoutedStretch, route } from '../../../server/processor/route.ts';
import { FoldedScope } from '../../../server/processor/scope.ts';
import { until } from '../../helpers/redis-server.ts';
import { countingProjections, json } from './counting.ts';

const SCOPE = { kind: 'users', number: 0 } as const;
const KEY = { group: userGroup('t', 'u'), field: 'count' };
const projections = countingProjections();

let store: FeatureStore;
/** Saves wait for it. */
let gate: Promise<void>;
let saves: ScopeCommit[];
let scope: FoldedScope;
let troubles: unknown[];

beforeEach(() => {
  const memory = openMemoryFeatureStore();
  gate = Promise.resolve();
  saves = [];
  troubles = [];
  const save = async (commit: ScopeCommit) => {
    saves.push(commit);
    await gate;
    return memory.save(commit);
  };
  store = new Proxy(memory, { get: (_, name: keyof FeatureStore) => (name === 'save' ? save : memory[name]) });
});
afterEach(() => scope.close());

async function open(saveMs = 1): Promise<FoldedScope> {
  scope = new FoldedScope({
    ...{ scope: SCOPE, partitions: 2, store, cacheBytes: 1e6, saveMs },
    handlers: {
      ready: () => {},
      folded: () => {},
      saved: () => {},
      poison: async () => {},
      conflict: async () => true,
      trouble: (error) => void troubles.push(error),
    },
  });
  await scope.load();
  return scope;
}

/** Events after one position up to another, all of one user. */
function stretch(after: number, through: number, by: readonly Projection[] = projections): RoutedStretch {
  const events: ConsumedEvent[] = [];
  for (let position = after + 1; position <= through; position++) {
    const event = { tenant: 't', user_id: 'u', track_id: 'x', seq: position } as unknown as StoredEvent;
    events.push({ partition: 0, position, event });
  }
  const state = { reachedEnd: true, trimmed: 0, damaged: [] };
  return route({ partition: 0, after, through, events, ...state }, by, 2);
}

async function stored(): Promise<unknown> {
  const [bytes] = await store.load(SCOPE, [KEY]);
  return bytes ? JSON.parse(Buffer.from(bytes).toString()) : null;
}

test('folds what follows, in whatever pieces it comes, and each event once', async () => {
  await open();
  for (const [after, through] of [
    [0, 3],
    [0, 3],
    [2, 5],
    [1, 4],
    [5, 6],
  ] as const)
    await scope.fold(stretch(after, through));
  await scope.flush();
  expect(await stored()).toMatchObject({ count: 6 });
  expect(await store.applied(SCOPE, 1)).toEqual([6]);
});

test('does not take what leaves something out', async () => {
  await open();
  await scope.fold(stretch(2, 4));
  expect(scope.position(0)).toBe(0);
});

test('takes no more while what is folded cannot be saved', async () => {
  let save = () => {};
  gate = new Promise((resolve) => {
    save = resolve;
  });
  await open();
  let position = 0;
  for (; scope.takes(0); position += 500) await scope.fold(stretch(position, position + 500));
  expect(position).toBe(10_000);
  expect(saves).toHaveLength(1);
  save();
  await until(async () => scope.takes(0));
  await scope.flush();
  expect(await stored()).toMatchObject({ count: position });
});

test('a commit holds what was folded when it was made, while folding goes on', async () => {
  let save = () => {};
  gate = new Promise((resolve) => {
    save = resolve;
  });
  await open();
  await scope.fold(stretch(0, 2));
  await until(async () => saves.length === 1);
  await scope.fold(stretch(2, 7));
  save();
  await scope.flush();
  const counts = saves.map(({ next, changes }) => [
    next[0],
    JSON.parse(Buffer.from(changes[0]!.bytes!).toString()).count,
  ]);
  expect(counts).toEqual([
    [2, 2],
    [7, 7],
  ]);
});

test('begins again from storage when another has saved', async () => {
  await open();
  await store.save({
    scope: SCOPE,
    expected: [0],
    next: [4],
    changes: [{ ...KEY, bytes: Buffer.from('{"count":4,"chain":0}') }],
  });
  await scope.fold(stretch(0, 3));
  await until(async () => scope.position(0) === 4);
  await scope.fold(stretch(3, 5));
  await scope.flush();
  expect(await stored()).toMatchObject({ count: 5 });
});

test('saves positions that moved past what concerns nobody', async () => {
  await open();
  await scope.fold(stretch(0, 9, []));
  await scope.flush();
  expect(await store.applied(SCOPE, 1)).toEqual([9]);
  expect(saves[0]!.changes).toEqual([]);
});

test('a record that cannot be encoded is never saved half', async () => {
  let broken = true;
  const codec = json(() => ({ count: 0, chain: 0 }));
  const encode = (state: never) => {
    if (broken) throw new Error('cannot be encoded');
    return codec.encode(state);
  };
  const own = projections.map((one) => ({ ...one, codec: () => ({ ...codec, encode }) })) as unknown as Projection[];
  await open();
  await scope.fold(stretch(0, 2, own));
  await until(async () => troubles.length > 0);
  expect(saves).toEqual([]);
  broken = false;
  await until(async () => scope.state === 'folding');
  expect(scope.position(0)).toBe(0);
  await scope.fold(stretch(0, 2, own));
  await scope.flush();
  expect(await stored()).toMatchObject({ count: 2 });
});

test('gives states up to a position, and none before it is there', async () => {
  await open();
  const wanted = [{ projection: projections[0]!, keys: [KEY] }];
  expect(await scope.states(wanted, 0, 2)).toBeNull();
  await scope.fold(stretch(0, 2));
  expect(await scope.states(wanted, 0, 2)).toMatchObject([{ count: 2 }]);
});
