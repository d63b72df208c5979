/**
 * The keys of groups in Redis. What a group keeps of a partition lies in the partition's slot, beside its stream (`server/log/redis/keys.ts`).
 *
 *   <prefix>:groups                   set: the names of all groups
 *   <prefix>:group:<name>:members     sorted set: member -> until when it counts as there (ms since 1970, Redis's clock)
 *   <prefix>{p}:group:<name>          hash: owner (empty: nobody), fence, renewed, ttl, position, at; as PartitionRecord (`../lease.ts`)
 *
 * The partition's stream has a consumer group of the same name: `XINFO GROUPS <prefix>{p}:events` shows how far it is.
 */
import { partitionKeys } from '../../log/redis/keys.ts';

export function groupsKey(prefix: string): string {
  return `${prefix}:groups`;
}

export function membersKey(prefix: string, group: string): string {
  return `${prefix}:group:${group}:members`;
}

export function partitionKey(prefix: string, group: string, partition: number): string {
  return `${prefix}{${partition}}:group:${group}`;
}

/** The keys of the scripts that tell Redis's own tools. */
export function shownKeys(prefix: string, group: string, partition: number): string[] {
  const { events, meta } = partitionKeys(prefix, partition);
  return [partitionKey(prefix, group, partition), events, meta];
}
