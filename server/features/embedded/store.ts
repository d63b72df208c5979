/** The feature store in an LMDB environment; `layout.ts` says how the data lies. */
import { Environment, type EnvironmentOptions } from '../../lmdb/environment.ts';
import { checkCommit } from '../limits.ts';
import type { FeatureStore, FeatureStoreGuarantees, RecordChange, RecordKey, Scope, ScopeCommit } from '../port.ts';
import { positionsOf, samePositions } from '../positions.ts';
import { encodeScope, FEATURES_LAYOUT, recordKey, scopeKey } from './layout.ts';
import { readGroup, readGroupKeys, readRecords, readScope } from './read.ts';

/** `dir` is a folder of its own. Throws StoreError `misconfigured`. */
export async function openEmbeddedFeatureStore(
  dir: string,
  options: Omit<EnvironmentOptions, 'dir'> = {},
): Promise<FeatureStore> {
  return new EmbeddedFeatureStore(await Environment.open({ ...options, dir }, FEATURES_LAYOUT));
}

class EmbeddedFeatureStore implements FeatureStore {
  readonly guarantees: FeatureStoreGuarantees = { engine: 'embedded', restartable: true, multiProcess: true };
  private readonly environment: Environment;
  /** By scope: how often something was erased in it when its positions were first asked for, after a conflict again. */
  private readonly erasures = new Map<string, number>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  async applied(scope: Scope, sources: number): Promise<number[]> {
    const stored = readScope(this.environment, scope);
    if (!this.erasures.has(nameOf(scope))) this.erasures.set(nameOf(scope), stored?.erasures ?? 0);
    return positionsOf(scope, stored?.positions ?? null, sources);
  }

  async load(scope: Scope, keys: readonly RecordKey[]): Promise<(Uint8Array | null)[]> {
    return readRecords(this.environment, scope, keys);
  }

  async loadGroup(scope: Scope, group: string): Promise<{ field: string; bytes: Uint8Array }[]> {
    return readGroup(this.environment, scope, group);
  }

  async save({ scope, expected, next, changes }: ScopeCommit): Promise<'saved' | 'conflict'> {
    checkCommit({ scope, expected, next, changes });
    const records = this.environment.table('records');
    // All that can fail is done before anything is handed to LMDB.
    const writes = changes.map(({ bytes, ...key }) => ({ key: recordKey(scope, key), bytes }));
    const write = (): void => {
      for (const { key, bytes } of writes) {
        if (bytes) void records.put(key, bytes as Buffer);
        else void records.remove(key);
      }
    };
    for (;;) {
      const stored = readScope(this.environment, scope);
      if (!samePositions(stored?.positions ?? expected.map(() => 0), expected)) return 'conflict';
      const erasures = stored?.erasures ?? 0;
      if ((this.erasures.get(nameOf(scope)) ?? erasures) !== erasures) {
        this.erasures.delete(nameOf(scope));
        return 'conflict';
      }
      const entry = { positions: next, erasures };
      if (await this.changeScope(scope, stored?.version, entry, sizeOf(changes), write)) return 'saved';
    }
  }

  async erase(scope: Scope, group: string): Promise<number> {
    const records = this.environment.table('records');
    for (;;) {
      const stored = readScope(this.environment, scope);
      const keys = readGroupKeys(this.environment, scope, group);
      if (!stored || keys.length === 0) return 0;
      const remove = (): void => {
        for (const key of keys) void records.remove(key);
      };
      const { positions, version } = stored;
      const entry = { positions, erasures: stored.erasures + 1 };
      if (!(await this.changeScope(scope, version, entry, 0, remove))) continue;
      if (this.erasures.get(nameOf(scope)) === stored.erasures) this.erasures.set(nameOf(scope), entry.erasures);
      return keys.length;
    }
  }

  close(): Promise<void> {
    return this.environment.close();
  }

  /** One transaction. False, and nothing is written, where the scope has another version by now; undefined: where there is one. */
  private changeScope(
    scope: Scope,
    version: number | undefined,
    entry: { positions: readonly number[]; erasures: number },
    bytes: number,
    write: () => void,
  ): Promise<boolean> {
    const scopes = this.environment.table('scopes');
    const key = scopeKey(scope);
    const change = (): void => {
      void scopes.put(key, encodeScope(entry), (version ?? 0) + 1);
      write();
    };
    return this.environment.write(bytes, () =>
      version === undefined ? scopes.ifNoExists(key, change) : scopes.ifVersion(key, version, change),
    );
  }
}

function nameOf({ kind, number }: Scope): string {
  return `${kind} ${number}`;
}

const PAGE_BYTES = 4096;

/** About what a commit writes at the most: a page for each record, besides what it holds. */
function sizeOf(changes: readonly RecordChange[]): number {
  return changes.reduce((sum, { bytes }) => sum + PAGE_BYTES + (bytes?.length ?? 0), PAGE_BYTES);
}
