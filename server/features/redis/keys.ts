/**
 * The keys of features in Redis. `{n}` puts all keys of a scope into the slot of the partition of the same number (`server/log/redis/keys.ts`).
 *
 *   <prefix>{n}:applied:users      string: the applied position of the users scope n
 *                                  behind them, where something was erased, `;` and how often
 *   <prefix>{n}:users:<group>      hash: field -> record, of one group of it
 *   <prefix>{n}:applied:shard      string: the applied positions of shard n, by source partition, with commas between
 *   <prefix>{n}:shard:<group>      hash: field -> record, of one group of it
 */
import type { Scope } from '../port.ts';

export function appliedKey(prefix: string, { kind, number }: Scope): string {
  return `${prefix}{${number}}:applied:${kind}`;
}

export function groupKey(prefix: string, { kind, number }: Scope, group: string): string {
  return `${prefix}{${number}}:${kind}:${group}`;
}
