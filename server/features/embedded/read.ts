/** Reads of the environment, as the store and the reader share them. */
import type { Environment } from '../../lmdb/environment.ts';
import { checkGroup, checkKey } from '../limits.ts';
import type { RecordKey, Scope } from '../port.ts';
import { decodeScope, fieldOf, groupRange, recordKey, type ScopeEntry, scopeKey } from './layout.ts';

/** What stands of a scope, and its version; null for a new one. */
export function readScope(environment: Environment, scope: Scope): (ScopeEntry & { version: number }) | null {
  return environment.read(() => {
    const entry = environment.table('scopes').getEntry(scopeKey(scope));
    return entry ? { ...decodeScope(entry.value), version: entry.version! } : null;
  });
}

export function readRecords(environment: Environment, scope: Scope, keys: readonly RecordKey[]): (Uint8Array | null)[] {
  for (const key of keys) checkKey(key);
  const records = environment.table('records');
  return environment.read(() => keys.map((key) => records.get(recordKey(scope, key)) ?? null));
}

export function readGroup(
  environment: Environment,
  scope: Scope,
  group: string,
): { field: string; bytes: Uint8Array }[] {
  checkGroup(group);
  const range = environment.table('records').getRange(groupRange(scope, group));
  return environment.read(() => [...range.map(({ key, value }) => ({ field: fieldOf(key), bytes: value }))]);
}

export function readGroupKeys(environment: Environment, scope: Scope, group: string): Buffer[] {
  checkGroup(group);
  return environment.read(() => [...environment.table('records').getKeys(groupRange(scope, group))]);
}
