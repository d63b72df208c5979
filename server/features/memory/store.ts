/** The feature store in memory: what the other engines are measured by, and what tests use. */
import { StoreError } from '../error.ts';
import { checkCommit, checkGroup, checkKey } from '../limits.ts';
import type { FeatureStore, FeatureStoreGuarantees, RecordKey, Scope, ScopeCommit } from '../port.ts';
import { positionsOf, samePositions } from '../positions.ts';

interface ScopeRecords {
  applied: number[] | null;
  /** How often something was erased. */
  erasures: number;
  /** Records by group, then by field. */
  groups: Map<string, Map<string, Uint8Array>>;
}

/** What stores that are opened upon it share. */
export class FeatureMemory {
  private readonly scopes = new Map<string, ScopeRecords>();

  scope({ kind, number }: Scope): ScopeRecords {
    const name = `${kind} ${number}`;
    const scope = this.scopes.get(name) ?? { applied: null, erasures: 0, groups: new Map() };
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
  /** By scope, as of when its positions were first asked for, after a conflict again. */
  private readonly erasures = new Map<ScopeRecords, number>();
  private closed = false;

  constructor(memory: FeatureMemory) {
    this.memory = memory;
  }

  async applied(scope: Scope, sources: number): Promise<number[]> {
    const records = this.open(scope);
    if (!this.erasures.has(records)) this.erasures.set(records, records.erasures);
    return positionsOf(scope, records.applied, sources);
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
    if ((this.erasures.get(scope) ?? scope.erasures) !== scope.erasures) {
      this.erasures.delete(scope);
      return 'conflict';
    }
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
    const records = this.open(scope);
    checkGroup(group);
    const erased = records.groups.get(group)?.size ?? 0;
    if (erased === 0) return 0;
    records.groups.delete(group);
    if (this.erasures.get(records) === records.erasures) this.erasures.set(records, records.erasures + 1);
    records.erasures++;
    return erased;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private open(scope: Scope): ScopeRecords {
    if (this.closed) throw new StoreError('closed', 'the feature store is closed');
    return this.memory.scope(scope);
  }
}
