/**
 * The keys of a log in Redis. `{p}` puts all keys of a partition into one slot of a Cluster.
 *
 *   <prefix>{p}:events          stream; an entry's id is `<position of its last event>-0`, its one field `e` holds the encoded entry
 *   <prefix>{p}:dead-letters    the same for what was rejected
 *   <prefix>{p}:meta            hash, see below
 *   <prefix>{p}:producers:new   hash: producer key -> `<watermark>:<record>`; those that committed since `rotated`
 *   <prefix>{p}:producers:old   the same for those that committed in the time before that, and not since
 *   <prefix>{p}:ids:1 to 3      sets of claimed ids, 12 bytes each; they take turns
 *
 * Fields of `meta`: `partitions` of the log, its `identity` (a text that no other log has; that of partition 0 counts); `first` (absent: 1), `last`, `bytes` of the events and `firstDead`, `lastDead`, `deadBytes` of
 * the dead letters; `rotated`, when the producers were rotated last (ms); `ids1` to `ids3`, until when each set took ids (ms).
 */
import type { Stream } from '../../../format/model.ts';

export interface PartitionKeys {
  events: string;
  'dead-letters': string;
  meta: string;
  newProducers: string;
  oldProducers: string;
  ids: readonly [string, string, string];
}

export function partitionKeys(prefix: string, partition: number): PartitionKeys {
  const base = `${prefix}{${partition}}:`;
  return {
    events: `${base}events`,
    'dead-letters': `${base}dead-letters`,
    meta: `${base}meta`,
    newProducers: `${base}producers:new`,
    oldProducers: `${base}producers:old`,
    ids: [`${base}ids:1`, `${base}ids:2`, `${base}ids:3`],
  };
}

export function allKeys(keys: PartitionKeys): string[] {
  return [keys.events, keys['dead-letters'], keys.meta, keys.newProducers, keys.oldProducers, ...keys.ids];
}

/** Names of a stream's fields in `meta`. */
export const META_FIELDS: Readonly<Record<Stream, { first: string; last: string; bytes: string }>> = {
  events: { first: 'first', last: 'last', bytes: 'bytes' },
  'dead-letters': { first: 'firstDead', last: 'lastDead', bytes: 'deadBytes' },
};

/** A stream's entry is one field with this name. */
export const ENTRY_FIELD = 'e';
