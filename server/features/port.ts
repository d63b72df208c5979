/**
 * Where folded state lives. Each engine passes `tests/contract/feature-store.ts`.
 *
 * A scope is what is written in one atomic step: the users of a partition, or a shard of the aggregates that cross partitions. Its applied
 * positions are saved in the same step as the records that changed, as a compare-and-set: whoever was overtaken (a paused process whose
 * lease another one took) writes nothing. Records are bytes here; what they mean is the folds' matter.
 */

/** `users`: of the users whose partition has this number. `shard`: of the entities whose group falls into the shard of this number. */
export interface Scope {
  kind: 'users' | 'shard';
  number: number;
}

/** A record's name within its scope. Records of a group lie together: they are read together and erased together. */
export interface RecordKey {
  /** `userGroup()` and its like in `server/features/groups.ts`; at most 1,024 bytes. */
  group: string;
  /** At most 512 bytes; may be empty. */
  field: string;
}

export interface RecordChange extends RecordKey {
  /** null takes the record away. They must stay as they are until the commit is done. */
  bytes: Uint8Array | null;
}

export interface ScopeCommit {
  scope: Scope;
  /**
   * Up to which position of each source partition the scope's records are folded, before and after this commit. A users scope has one
   * source, its own partition, and so one number; a shard has one for every partition.
   */
  expected: readonly number[];
  next: readonly number[];
  /** No record stands in it twice. */
  changes: readonly RecordChange[];
}

export interface FeatureStoreGuarantees {
  engine: string;
  /** Keeps what it saved when closed and opened again. */
  restartable: boolean;
  /** Several processes may save at once. */
  multiProcess: boolean;
}

/** Errors are `StoreError`s: `unavailable` (repeat later), `in_doubt` (it may stand: ask `applied`), `closed`, `misconfigured`, `invalid`. */
export interface FeatureStore {
  readonly guarantees: FeatureStoreGuarantees;

  /**
   * The applied positions of a scope; zeros, `sources` of them, for a new one. Throws `misconfigured` where the scope was saved with another
   * number of sources.
   */
  applied(scope: Scope, sources: number): Promise<number[]>;

  /** The records' bytes, null where there is none, in the order of the keys. The bytes are the caller's to keep, here and below. */
  load(scope: Scope, keys: readonly RecordKey[]): Promise<(Uint8Array | null)[]>;

  /** Every record of a group, in no order. */
  loadGroup(scope: Scope, group: string): Promise<{ field: string; bytes: Uint8Array }[]>;

  /**
   * All of it in one atomic step, or nothing, when the scope's positions are not as expected. After a power loss an earlier commit may be
   * the last one that stands: the log is then folded on from there.
   */
  save(commit: ScopeCommit): Promise<'saved' | 'conflict'>;

  /**
   * Takes away every record of a group; how many there were. The applied positions stay. Another store that has asked for
   * the scope's positions gets a conflict at its next commit: what its user has in memory may be of what was erased.
   */
  erase(scope: Scope, group: string): Promise<number>;

  /** A second call does nothing. */
  close(): Promise<void>;
}

/** What readers that never write need; embedded: beside the writer, in another thread or process. */
export type FeatureReader = Pick<FeatureStore, 'applied' | 'load' | 'loadGroup' | 'close'>;
