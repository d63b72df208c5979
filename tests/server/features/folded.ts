/** What the projections make of events, without the runtime: all states in memory, or saved in a store. */
import type { StoredEvent } from '../../../format/model.ts';
import { shardScope, userOfGroup, userScope } from '../../../server/features/groups.ts';
import { openMemoryFeatureStore } from '../../../server/features/memory/store.ts';
import type { FeatureStore, RecordKey, Scope } from '../../../server/features/port.ts';
import { SHARD_PROJECTIONS, USER_PROJECTIONS } from '../../../server/features/projections.ts';
import type { Projection, RecordCodec } from '../../../server/processor/projection.ts';

export const PARTITIONS = 4;

export interface Folded {
  key: RecordKey;
  codec: RecordCodec<unknown>;
  state: unknown;
}

/** Records by group and field. */
export function foldAll(events: readonly StoredEvent[], into = new Map<string, Folded>()): Map<string, Folded> {
  for (const [i, event] of events.entries()) {
    const consumed = { partition: 0, position: i + 1, event };
    for (const projection of USER_PROJECTIONS) {
      const states = projection.keys(consumed).map((key) => recordOf(into, projection, key).state);
      if (states.length > 0) projection.fold(consumed, states);
    }
    for (const projection of SHARD_PROJECTIONS) {
      for (const key of projection.keys(consumed)) {
        projection.fold(consumed, key, recordOf(into, projection, key).state);
      }
    }
  }
  return into;
}

function recordOf(records: Map<string, Folded>, projection: Projection, key: RecordKey): Folded {
  const name = nameOf(key);
  let record = records.get(name);
  if (!record) {
    const codec = projection.codec(key);
    record = { key, codec, state: codec.create() };
    records.set(name, record);
  }
  return record;
}

export function nameOf({ group, field }: RecordKey): string {
  return `${group}\n${field}`;
}

/** A store that holds what became of the events. */
export async function storeOf(events: readonly StoredEvent[]): Promise<FeatureStore> {
  const store = openMemoryFeatureStore();
  for (const { key, codec, state } of foldAll(events).values()) {
    const scope = scopeOf(key.group);
    const expected = await store.applied(scope, 1);
    const next = [expected[0]! + 1];
    await store.save({ scope, expected, next, changes: [{ ...key, bytes: codec.encode(state) }] });
  }
  return store;
}

function scopeOf(group: string): Scope {
  const owner = userOfGroup(group);
  return owner ? userScope(owner.tenant, owner.user, PARTITIONS) : shardScope(group, PARTITIONS);
}
