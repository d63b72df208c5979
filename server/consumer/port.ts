/**
 * What a consumer group keeps in storage: who is there, who owns which partition, and how far the group has come.
 * Each engine passes `tests/contract/group-store.ts`. Time is the store's own clock, so that processes need not agree on theirs.
 *
 * A lease that ran out but was taken by nobody is still its owner's: it may renew it and commit under it. What makes a paused owner
 * harmless is not the time but the fence, which every write is conditional on.
 *
 * Errors are `StoreError`s (`server/features/error.ts`). Where a write is `in_doubt`, it may be repeated: `acquire`, `renew`, `release`,
 * `join` and `leave` come out the same; a repeated `commit` answers false when the first one stands, and `progress` tells.
 */

/** Ownership of one partition by one member. `fence` rises with every change of owner and never repeats for a group and partition. */
export interface Lease {
  partition: number;
  owner: string;
  fence: number;
}

export interface GroupProgress {
  /** One that was leased at some time. */
  partition: number;
  /** Everything up to here is done; 0 for nothing. */
  position: number;
  /** ms since 1970, when it was last committed; 0 for never. */
  at: number;
}

/** One named group: 1 to 64 of A-Z a-z 0-9 _ - . */
export interface GroupStore {
  /** Says that a member lives, for `ttlMs`; gives back all members that do, in a stable order. */
  join(member: string, ttlMs: number): Promise<string[]>;
  /** The member is gone at once. */
  leave(member: string): Promise<void>;

  /** Takes the lease if it is free, expired or the member's own already (then it is renewed, with the same fence); null if another has it. */
  acquire(partition: number, member: string, ttlMs: number): Promise<Lease | null>;
  /** False where it is lost. */
  renew(lease: Lease, ttlMs: number): Promise<boolean>;
  /** Gives it up at once, if it is still held. */
  release(lease: Lease): Promise<void>;

  /**
   * Moves the group's position forward (or leaves it, which renews its time). False where the lease is not this member's any more or the position stands elsewhere than
   * expected: nothing was written then.
   */
  commit(lease: Lease, expected: number, position: number): Promise<boolean>;
  /** By partition, in rising order. */
  progress(): Promise<GroupProgress[]>;

  /** Leases and membership stay until they run out: give them up first. A second call does nothing. */
  close(): Promise<void>;
}

/** Every group that storage knows, for retention and for people. */
export interface GroupDirectory {
  /** By name, in rising order. */
  groups(): Promise<{ group: string; progress: GroupProgress[] }[]>;
  /** Forgets a group: its members, leases and positions. Whoever still holds a lease has lost it. */
  forget(group: string): Promise<void>;
  close(): Promise<void>;
}
