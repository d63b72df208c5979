/** What the recommender asks of the runtime: the records of users whose partition this process owns, up to the last event of the log. */
import type { RecordKey } from '../features/port.ts';

/** The partition is another's now. */
export class NotOwnerError extends Error {
  override readonly name = 'NotOwnerError';
}

export interface OwnedUsers {
  owns(partition: number): boolean;

  /**
   * Reads the partition on until everything that stood in the log at the time of the call is folded, then gives the states of these
   * records of its users scope, as decoded (or created) by their codecs; they are the runtime's own and must not be changed.
   * Throws NotOwnerError.
   */
  current(partition: number, keys: readonly RecordKey[]): Promise<readonly unknown[]>;

  /** The groups of its users scope that a batch changed, after it was folded (and perhaps before it is saved). */
  onFolded(listener: (partition: number, groups: ReadonlySet<string>) => void): void;
  onOwned(listener: (partition: number) => void): void;
  onLost(listener: (partition: number) => void): void;
}
