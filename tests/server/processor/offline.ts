/** The other way to the same records: one pass over the whole log, without a runtime. */
import { readStretch } from '../../../server/consumer/read.ts';
import { shardScope } from '../../../server/features/groups.ts';
import type { FeatureStore, RecordKey, Scope } from '../../../server/features/port.ts';
import type { EventLog } from '../../../server/log/port.ts';
import type { ConsumedEvent, Projection } from '../../../server/processor/projection.ts';
import { expectSameState } from './same-state.ts';

export interface OfflineRecord {
  scope: Scope;
  key: RecordKey;
  projection: Projection;
  state: unknown;
}

export async function readAllEvents(log: Pick<EventLog, 'read'>, partitions: number): Promise<ConsumedEvent[]> {
  const events: ConsumedEvent[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    events.push(...(await readStretch(log, partition, 0, Number.MAX_SAFE_INTEGER)).events);
  }
  return events;
}

/** An event is left out of a scope where `unfoldable` says so. */
export function foldOffline(
  events: readonly ConsumedEvent[],
  projections: readonly Projection[],
  partitions: number,
  unfoldable: (event: ConsumedEvent, where: Scope['kind']) => boolean = () => false,
): OfflineRecord[] {
  const records = new Map<string, OfflineRecord>();
  for (const consumed of events) {
    for (const projection of projections) {
      if (unfoldable(consumed, projection.kind)) continue;
      const touched = projection.keys(consumed).map((key) => {
        const scope: Scope =
          projection.kind === 'users'
            ? { kind: 'users', number: consumed.partition }
            : shardScope(key.group, partitions);
        const name = JSON.stringify([scope, key]);
        const record = records.get(name) ?? { scope, key, projection, state: projection.codec(key).create() };
        records.set(name, record);
        return record;
      });
      if (projection.kind === 'users')
        projection.fold(
          consumed,
          touched.map(({ state }) => state),
        );
      else for (const { key, state } of touched) projection.fold(consumed, key, state);
    }
  }
  return [...records.values()];
}

const LOADED_AT_ONCE = 1_000;

/** Every record of the offline fold stands in the store as it should. */
export async function expectSame(store: Pick<FeatureStore, 'load'>, offline: readonly OfflineRecord[]): Promise<void> {
  const byScope = new Map<string, OfflineRecord[]>();
  for (const record of offline) {
    const name = `${record.scope.kind} ${record.scope.number}`;
    const records = byScope.get(name) ?? [];
    records.push(record);
    byScope.set(name, records);
  }
  for (const records of byScope.values()) {
    while (records.length > 0) await expectSameRecords(store, records.splice(0, LOADED_AT_ONCE));
  }
}

/** All of one scope. */
async function expectSameRecords(store: Pick<FeatureStore, 'load'>, records: readonly OfflineRecord[]): Promise<void> {
  const { scope } = records[0]!;
  const loaded = await store.load(
    scope,
    records.map(({ key }) => key),
  );
  for (const [i, { key, projection, state }] of records.entries()) {
    const where = `${scope.kind} ${scope.number} ${JSON.stringify(key)}`;
    const bytes = loaded[i];
    if (!bytes) throw new Error(`${where} is not in the store`);
    const codec = projection.codec(key);
    // What is compared went through its codec on both sides.
    expectSameState(codec.decode(bytes), codec.decode(codec.encode(state)), where);
  }
}

/** Whether every scope is folded to the end of the log. */
export async function isDone(
  store: Pick<FeatureStore, 'applied'>,
  log: Pick<EventLog, 'state'>,
  partitions: number,
): Promise<boolean> {
  const { events } = await log.state();
  for (let number = 0; number < partitions; number++) {
    const [users] = await store.applied({ kind: 'users', number }, 1);
    if (users !== events[number]!.last) return false;
    const shard = await store.applied({ kind: 'shard', number }, partitions);
    if (shard.some((applied, partition) => applied !== events[partition]!.last)) return false;
  }
  return true;
}
