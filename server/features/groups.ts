/** How records are grouped: by the user or entity they speak of, within its tenant. Ids hold no control characters, so a zero byte parts them. */
import { crc32 } from 'node:zlib';
import { partitionOf } from '../../format/partition.ts';
import type { Scope } from './port.ts';

/** What has aggregates that cross partitions. */
export const SHARDED_ENTITIES = ['track', 'artist', 'genre', 'global'] as const;
export type ShardedEntity = (typeof SHARDED_ENTITIES)[number];

export function userGroup(tenant: string, user: string): string {
  return `user\0${tenant}\0${user}`;
}

/** The tenant and user of a user's group; null for any other group. */
export function userOfGroup(group: string): { tenant: string; user: string } | null {
  const [kind, tenant, user] = group.split('\0');
  return kind === 'user' && tenant !== undefined && user !== undefined ? { tenant, user } : null;
}

/** `id` is empty for `global`. */
export function entityGroup(entity: ShardedEntity, tenant: string, id: string): string {
  return `${entity}\0${tenant}\0${id}`;
}

/** The scope that holds a user's records. */
export function userScope(tenant: string, user: string, partitions: number): Scope {
  return { kind: 'users', number: partitionOf(tenant, user, partitions) };
}

/** CRC-32s of groups: to work one out is a call into C, and the same tracks and artists come again and again. */
const sums = new Map<string, number>();
const SUMS_MAX = 20_000;

/** There are as many shards as partitions: the owner of a partition owns the shard of the same number. */
export function shardScope(group: string, partitions: number): Scope {
  let sum = sums.get(group);
  if (sum === undefined) {
    if (sums.size >= SUMS_MAX) sums.clear();
    sum = crc32(group);
    sums.set(group, sum);
  }
  return { kind: 'shard', number: sum % partitions };
}
