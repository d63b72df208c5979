import { expect, test } from 'vitest';
import { StoreError, type StoreErrorCode } from '../../../server/features/error.ts';
import { openMemoryFeatureStore } from '../../../server/features/memory/store.ts';
import type { FeatureStore, ScopeCommit } from '../../../server/features/port.ts';
import { commitSurely } from '../../../server/processor/commit.ts';

const scope = { kind: 'users', number: 0 } as const;
const commit: ScopeCommit = { scope, expected: [0], next: [5], changes: [] };
const others: ScopeCommit = { scope, expected: [0], next: [7], changes: [] };

/** The first save ends with an error, after `before` and perhaps after it has been written. */
function failing(code: StoreErrorCode, written: boolean, meanwhile: (store: FeatureStore) => Promise<unknown>) {
  const store = openMemoryFeatureStore();
  let saves = 0;
  const save = async (one: ScopeCommit) => {
    if (saves++ > 0) return store.save(one);
    if (written) await store.save(one);
    await meanwhile(store);
    throw new StoreError(code, 'no');
  };
  return new Proxy(store, { get: (_, name: keyof FeatureStore) => (name === 'save' ? save : store[name]) });
}

async function run(store: FeatureStore, signal = new AbortController().signal) {
  const troubles: unknown[] = [];
  const outcome = await commitSurely(store, commit, signal, (error) => troubles.push(error));
  return { outcome, applied: await store.applied(scope, 1), troubles: troubles.length };
}

const nothing = async () => {};

test('it is saved, or it conflicts', async () => {
  const store = openMemoryFeatureStore();
  expect(await run(store)).toEqual({ outcome: 'saved', applied: [5], troubles: 0 });
  expect(await run(store)).toEqual({ outcome: 'conflict', applied: [5], troubles: 0 });
});

test('what was refused is repeated', async () => {
  expect(await run(failing('unavailable', false, nothing))).toEqual({ outcome: 'saved', applied: [5], troubles: 1 });
});

test('what is in doubt stands: it is saved', async () => {
  expect(await run(failing('in_doubt', true, nothing))).toEqual({ outcome: 'saved', applied: [5], troubles: 1 });
});

test('what is in doubt does not stand: it is repeated', async () => {
  expect(await run(failing('in_doubt', false, nothing))).toEqual({ outcome: 'saved', applied: [5], troubles: 1 });
});

test('what is in doubt does not stand, and another has saved: it conflicts', async () => {
  const store = failing('in_doubt', false, (inner) => inner.save(others));
  expect(await run(store)).toEqual({ outcome: 'conflict', applied: [7], troubles: 1 });
});

test('what is in doubt stands, and another has gone on from there: it conflicts', async () => {
  const store = failing('in_doubt', true, (inner) => inner.save({ ...commit, expected: [5], next: [9] }));
  expect(await run(store)).toEqual({ outcome: 'conflict', applied: [9], troubles: 1 });
});

test('it is abandoned when it is not wanted any more, or the store is closed', async () => {
  expect((await run(openMemoryFeatureStore(), AbortSignal.abort())).outcome).toBe('abandoned');
  const closed = openMemoryFeatureStore();
  await closed.close();
  expect(await commitSurely(closed, commit, new AbortController().signal, () => {})).toBe('abandoned');
});
