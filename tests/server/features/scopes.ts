/** Scopes whose every record says the position that it was saved with, so that one that was saved in half is found out. */
import { expect } from 'vitest';
import type { FeatureReader, FeatureStore, RecordChange, Scope } from '../../../server/features/port.ts';

export const SCOPES: readonly Scope[] = [
  { kind: 'users', number: 0 },
  { kind: 'users', number: 1 },
  { kind: 'shard', number: 0 },
];
const GROUPS = Array.from({ length: 10 }, (_, user) => `user\0default\0${user}`);
const FIELDS = ['features', 'session', 'taste', 'lists'];
const VALUE_BYTES = 1_000;

/** Moves a scope on by one; gives the position. */
export async function saveNext(store: FeatureStore, scope: Scope): Promise<number> {
  const [at] = (await store.applied(scope, 1)) as [number];
  const bytes = Buffer.alloc(VALUE_BYTES, `${at + 1};`);
  const changes = GROUPS.flatMap((group) => FIELDS.map((field): RecordChange => ({ group, field, bytes })));
  const outcome = await store.save({ scope, expected: [at], next: [at + 1], changes });
  if (outcome !== 'saved') throw new Error(`${outcome} at ${at}`);
  return at + 1;
}

/** Records and positions of every scope agree, and are not behind what was said to be saved. Somebody may be saving meanwhile. */
export async function expectWhole(store: FeatureReader, saved: readonly number[]): Promise<void> {
  for (const [i, scope] of SCOPES.entries()) {
    const [before] = (await store.applied(scope, 1)) as [number];
    const keys = GROUPS.flatMap((group) => FIELDS.map((field) => ({ group, field })));
    const found = (await store.load(scope, keys)).map((bytes) => Number.parseInt(Buffer.from(bytes!).toString(), 10));
    const [after] = (await store.applied(scope, 1)) as [number];
    expect(before).toBeGreaterThanOrEqual(saved[i]!);
    const [at, ...others] = new Set(found);
    expect(others).toEqual([]);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
  }
}
