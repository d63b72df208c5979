/** The feature store in Redis; `keys.ts` says how the data lies. Readers use it as well: reading takes nothing but the connection. */
import type { Argument } from '../../redis/client.ts';
import { StoreConnection, type StoreConnectionOptions } from '../../redis/store-connection.ts';
import { checkCommit, checkGroup, checkKey } from '../limits.ts';
import type { FeatureStore, FeatureStoreGuarantees, RecordKey, Scope, ScopeCommit } from '../port.ts';
import { positionsOf } from '../positions.ts';
import { appliedKey, groupKey } from './keys.ts';
import { APPLIED, ERASE, LOAD, LOAD_GROUP, SAVE } from './scripts.ts';

/** Throws StoreError `misconfigured` or `unavailable`. */
export async function openRedisFeatureStore(options: StoreConnectionOptions): Promise<FeatureStore> {
  return new RedisFeatureStore(options.prefix, await StoreConnection.open(options, 'features'));
}

class RedisFeatureStore implements FeatureStore {
  readonly guarantees: FeatureStoreGuarantees = { engine: 'redis', restartable: true, multiProcess: true };
  private readonly prefix: string;
  private readonly connection: StoreConnection;
  /** By the key of the positions: how often something was erased when they were first asked for, after a conflict again. */
  private readonly erasures = new Map<string, number>();

  constructor(prefix: string, connection: StoreConnection) {
    this.prefix = prefix;
    this.connection = connection;
  }

  async applied(scope: Scope, sources: number): Promise<number[]> {
    const key = appliedKey(this.prefix, scope);
    const answer = (await this.connection.look({ script: APPLIED, keys: [key], args: [] })) as Buffer | null;
    const [positions, erasures] = answer?.toString().split(';') ?? [];
    if (!this.erasures.has(key)) this.erasures.set(key, Number(erasures ?? 0));
    return positionsOf(scope, positions?.split(',').map(Number) ?? null, sources);
  }

  async load(scope: Scope, keys: readonly RecordKey[]): Promise<(Uint8Array | null)[]> {
    this.connection.mustBeOpen();
    for (const key of keys) checkKey(key);
    const found = new Array<Uint8Array | null>(keys.length).fill(null);
    if (keys.length === 0) return found;
    const groups = indexesByGroup(keys);
    const answer = (await this.connection.look({
      script: LOAD,
      keys: [...groups.keys()].map((group) => groupKey(this.prefix, scope, group)),
      args: [...groups.values()].flatMap((indexes) => [indexes.length, ...indexes.map((i) => keys[i]!.field)]),
    })) as (Buffer | null)[];
    let next = 0;
    for (const indexes of groups.values()) for (const i of indexes) found[i] = answer[next++] ?? null;
    return found;
  }

  async loadGroup(scope: Scope, group: string): Promise<{ field: string; bytes: Uint8Array }[]> {
    const answer = (await this.connection.look(this.groupCall(LOAD_GROUP, scope, group))) as Buffer[];
    const records: { field: string; bytes: Uint8Array }[] = [];
    for (let i = 0; i < answer.length; i += 2) records.push({ field: answer[i]!.toString(), bytes: answer[i + 1]! });
    return records;
  }

  async save(commit: ScopeCommit): Promise<'saved' | 'conflict'> {
    this.connection.mustBeOpen();
    checkCommit(commit);
    const { scope, expected, next, changes } = commit;
    const groups = indexesByGroup(changes);
    const erasures = this.erasures.get(appliedKey(this.prefix, scope));
    const args: Argument[] = [
      ...[expected.join(), expected.map(() => 0).join(), next.join()],
      erasures === undefined ? '' : `;${erasures}`,
    ];
    for (const indexes of groups.values()) {
      const writes = indexes.filter((i) => changes[i]!.bytes !== null);
      const removes = indexes.filter((i) => changes[i]!.bytes === null);
      args.push(writes.length, removes.length);
      for (const i of writes) args.push(changes[i]!.field, asBuffer(changes[i]!.bytes!));
      for (const i of removes) args.push(changes[i]!.field);
    }
    const keys = [
      appliedKey(this.prefix, scope),
      ...[...groups.keys()].map((group) => groupKey(this.prefix, scope, group)),
    ];
    if ((await this.connection.write({ script: SAVE, keys, args })) === 1) return 'saved';
    this.erasures.delete(keys[0]!);
    return 'conflict';
  }

  async erase(scope: Scope, group: string): Promise<number> {
    const call = this.groupCall(ERASE, scope, group);
    const key = appliedKey(this.prefix, scope);
    const records = (await this.connection.write({ ...call, keys: [...call.keys, key] })) as number;
    const known = this.erasures.get(key);
    if (records > 0 && known !== undefined) this.erasures.set(key, known + 1);
    return records;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private groupCall(script: typeof ERASE, scope: Scope, group: string) {
    this.connection.mustBeOpen();
    checkGroup(group);
    return { script, keys: [groupKey(this.prefix, scope, group)], args: [] };
  }
}

/** Where in the list the keys of each group stand. */
function indexesByGroup(keys: readonly RecordKey[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [i, { group }] of keys.entries()) {
    const indexes = groups.get(group);
    if (indexes) indexes.push(i);
    else groups.set(group, [i]);
  }
  return groups;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
