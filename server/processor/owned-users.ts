/** Answers the recommender from the users scopes of this process. */
import type { RecordKey } from '../features/port.ts';
import { NotOwnerError, type OwnedUsers } from './owned.ts';
import type { PartitionReader } from './partition-reader.ts';
import type { Projection } from './projection.ts';
import type { FoldedScope, Wanted } from './scope.ts';

/** While storage does not answer, nobody waits longer than this for a partition to be read to its end. */
const WITHIN_MS = 1_000;

type PartitionListener = (partition: number) => void;

export interface OwnedUsersParts {
  projections: readonly Projection[];
  readers: readonly PartitionReader[];
  /** The users of a partition; undefined where it is not owned. */
  users(partition: number): FoldedScope | undefined;
}

export class OwnedUsersOfProcess implements OwnedUsers {
  private readonly parts: OwnedUsersParts;
  private readonly foldedListeners: ((partition: number, groups: ReadonlySet<string>) => void)[] = [];
  private readonly ownedListeners: PartitionListener[] = [];
  private readonly lostListeners: PartitionListener[] = [];

  constructor(parts: OwnedUsersParts) {
    this.parts = parts;
  }

  owns(partition: number): boolean {
    return this.parts.users(partition) !== undefined;
  }

  async current(partition: number, keys: readonly RecordKey[]): Promise<readonly unknown[]> {
    const wanted = keys.map((key) => this.wanted(key));
    const until = performance.now() + WITHIN_MS;
    for (;;) {
      const users = this.parts.users(partition);
      if (!users) throw new NotOwnerError(`partition ${partition} is not owned here`);
      const position = await this.caughtUp(partition, until - performance.now());
      const states = await users.states(wanted, partition, position);
      if (states) return states;
    }
  }

  private async caughtUp(partition: number, withinMs: number): Promise<number> {
    try {
      return await this.parts.readers[partition]!.caughtUp(withinMs);
    } catch (cause) {
      throw new NotOwnerError(`partition ${partition} cannot be read to its end`, { cause });
    }
  }

  private wanted(key: RecordKey): Wanted {
    for (const projection of this.parts.projections) {
      if (projection.kind === 'users' && projection.owns?.(key)) return { projection, keys: [key] };
    }
    throw new Error('no projection has such a record');
  }

  onFolded(listener: (partition: number, groups: ReadonlySet<string>) => void): void {
    this.foldedListeners.push(listener);
  }

  onOwned(listener: PartitionListener): void {
    this.ownedListeners.push(listener);
  }

  onLost(listener: PartitionListener): void {
    this.lostListeners.push(listener);
  }

  tellFolded(partition: number, groups: ReadonlySet<string>): void {
    for (const listener of this.foldedListeners) listener(partition, groups);
  }

  tellOwned(partition: number): void {
    for (const listener of this.ownedListeners) listener(partition);
  }

  tellLost(partition: number): void {
    for (const listener of this.lostListeners) listener(partition);
  }
}
