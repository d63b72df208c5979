/** The feature store in memory: what the other engines are measured by, and what tests use. */
import { StoreError } from '../error.ts';
import { checkCommit, checkGroup, checkKey } from '../limits.ts';
import type { FeatureStore, FeatureStoreGuarantees, RecordKey, Scope, ScopeCommit } from '../port.ts';
import { positionsOf, samePositions } from '../positions.ts';

interface ScopeRecords {
  applied: number[] | null;
  /** Records by group, then by field. */
  groups: Map<string, Map<string, Uint8Array>>;
}

/** What stores that are opened upon it share. */
export class FeatureMemory {
  private readonly scopes = new Map<string, ScopeRecords>();

  scope({ kind, number }: Scope): ScopeRecords {
    const name = `${kind} ${number}`;
    const scope = this.scopes.get(name) ?? { applied: null, groups: new Map() };
    this.scopes.set(name, scope);
    return scope;
  }
}

export function openMemoryFeatureStore(memory: FeatureMemory = new FeatureMemory()): FeatureStore {
  return new MemoryFeatureStore(memory);
}

class MemoryFeatureStore implements FeatureStore {
  readonly guarantees: FeatureStoreGuarantees = { engine: 'memory', restartable: false, multiProcess: false };
  private readonly memory: FeatureMemory;
  private closed = false;

  constructor(memory: FeatureMemory) {
    this.memory = memory;
  }

  async applied(scope: Scope, sources: number): Promise<number[]> {
    return positionsOf(scope, this.open(scope).applied, sources);
  }

  async load(scope: Scope, keys: readonly RecordKey[]): Promise<(Uint8Array | null)[]> {
    const { groups } = this.open(scope);
    for (const key of keys) checkKey(key);
    return keys.map(({ group, field }) => groups.get(group)?.get(field)?.slice() ?? null);
  }

  async loadGroup(scope: Scope, group: string): Promise<{ field: string; bytes: Uint8Array }[]> {
    const { groups } = this.open(scope);
    checkGroup(group);
    return [...(groups.get(group) ?? [])].map(([field, bytes]) => ({ field, bytes: bytes.slice() }));
  }

  async save(commit: ScopeCommit): Promise<'saved' | 'conflict'> {
    const scope = this.open(commit.scope);
    checkCommit(commit);
    const { expected, next, changes } = commit;
    if (!samePositions(scope.applied ?? new Array(expected.length).fill(0), expected)) return 'conflict';
    scope.applied = [...next];
    for (const { group, field, bytes } of changes) {
      const records = scope.groups.get(group) ?? new Map<string, Uint8Array>();
      if (bytes) records.set(field, Uint8Array.from(bytes));
      else records.delete(field);
      if (records.size > 0) scope.groups.set(group, records);
      else scope.groups.delete(group);
    }
    return 'saved';
  }

  async erase(scope: Scope, group: string): Promise<number> {
    const { groups } = this.open(scope);
    checkGroup(group);
    const records = groups.get(group)?.size ?? 0;
    groups.delete(group);
    return records;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private open(scope: Scope): ScopeRecords {
    if (this.closed) throw new StoreError('closed', 'the feature store is closed');
    return this.memory.scope(scope);
  }
}
