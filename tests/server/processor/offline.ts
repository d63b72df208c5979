/** The other way to the same records: one pass over the whole log, without a runtime. */
import { expect } from 'vitest';
import { readStretch } from '../../../server/consumer/read.ts';
import { shardScope } from '../../../server/features/groups.ts';
import type { FeatureStore, RecordKey, Scope } from '../../../server/features/port.ts';
import type { EventLog } from '../../../server/log/port.ts';
import type { ConsumedEvent, Projection } from '../../../server/processor/projection.ts';

export interface OfflineRecord {
  scope: Scope;
  key: RecordKey;
  bytes: Uint8Array;
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
  const records = new Map<string, { scope: Scope; key: RecordKey; projection: Projection; state: unknown }>();
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
  return [...records.values()].map(({ scope, key, projection, state }) => ({
    ...{ scope, key, bytes: projection.codec(key).encode(state) },
  }));
}

/** Every record of the offline fold stands in the store as it should. */
export async function expectSame(store: FeatureStore, offline: readonly OfflineRecord[]): Promise<void> {
  for (const { scope, key, bytes } of offline) {
    const [stored] = await store.load(scope, [key]);
    const found = stored ? Buffer.from(stored).toString() : 'nothing';
    expect(found, `${scope.kind} ${scope.number} ${key.group}`).toBe(Buffer.from(bytes).toString());
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
