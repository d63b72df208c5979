import { homePartition, partitionOf } from '../format/partition.ts';
import type { SlabSource } from './slab.ts';

/** Whose event it is, valid or not: its own `user_id`, else its connection's, else its token's; null for nobody's. */
export function ownerOf(source: SlabSource, rawUserId: string | null): string | null {
  const inherited = source.context?.user_id;
  return rawUserId ?? (typeof inherited === 'string' ? inherited : (source.userId ?? null));
}

/** Where an event belongs, whatever its verdict: with its user, else in the home partition of its producer. */
export function partitionFor(source: SlabSource, userId: string | null, partitions: number): number {
  return userId === null
    ? homePartition(source.tenant, source.producer, partitions)
    : partitionOf(source.tenant, userId, partitions);
}
