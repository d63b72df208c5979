/**
 * What is made of the log: a projection folds events into records. Pure: events and states in, changed states out; no clock and no
 * storage. The runtime (`server/processor/`) loads states, folds event by event past the applied position, and saves what changed.
 *
 * A fold may change the state it is given. If it throws, the runtime throws the states away, loads them again and repeats; an event that
 * throws twice goes to the dead letters and is left out of that scope: of all records of its user, or of a shard. A record belongs to one
 * projection.
 */
import type { StoredEvent } from '../../format/model.ts';
import type { Activity } from '../features/activity.ts';
import type { RecordKey } from '../features/port.ts';

/** A stored event with where it stands. */
export interface ConsumedEvent {
  partition: number;
  position: number;
  event: StoredEvent;
  /** What the event says, once somebody has read it (`readActivity`): projections ask for it one after the other. */
  activity?: Activity | null | undefined;
}

/** How one kind of record becomes bytes and comes back. */
export interface RecordCodec<S> {
  create(): S;
  /** Throws where the bytes are not what it writes. */
  decode(bytes: Uint8Array): S;
  encode(state: S): Uint8Array;
}

interface Common {
  readonly name: string;
  /** The records that the event changes; empty if it does not concern this projection. The same event always gives the same keys. */
  keys(consumed: ConsumedEvent): readonly RecordKey[];
  /** By the key's field and group; must not depend on anything else. */
  codec(key: RecordKey): RecordCodec<unknown>;
}

/** Folds the events of a partition into records of its users (and of the partition itself), all together. */
export interface UserProjection extends Common {
  readonly kind: 'users';
  /** Whether a record is this projection's; only records of projections that tell can be asked for (`OwnedUsers.current`). */
  owns?(key: RecordKey): boolean;
  /** `states` as `keys` gave them. */
  fold(consumed: ConsumedEvent, states: readonly unknown[]): void;
}

/** Folds the events of all partitions into aggregates; each record for itself, since each may lie in another shard. */
export interface ShardProjection extends Common {
  readonly kind: 'shard';
  fold(consumed: ConsumedEvent, key: RecordKey, state: unknown): void;
}

export type Projection = UserProjection | ShardProjection;
