/**
 * How the embedded engine keeps features: one LMDB environment. Names of tables, their keys and values (numbers big-endian):
 *
 *   scopes    'format' -> '1'
 *             kind u8, number u16 -> the applied positions, f64 each; behind them how often something was erased, u32, where it was.
 *               The value's version counts the scope's changes
 *   records   kind u8, number u16, length of the group u16, group, field -> the record's bytes
 *
 * Writing: a commit is one transaction, conditional on the version of its scope. Another thread or process that committed in between has
 * moved it, and then nothing is written.
 * Reading: records of a group lie together, since its length stands before it.
 * Limits: a key has at most 1,978 bytes in LMDB; the longest here has 1,541.
 */
import type { Layout } from '../../lmdb/environment.ts';
import type { RecordKey, Scope } from '../port.ts';

export const FEATURES_LAYOUT: Layout = {
  name: 'features',
  format: '1',
  tables: { scopes: true, records: false },
};

const KINDS: readonly Scope['kind'][] = ['users', 'shard'];
const SCOPE_BYTES = 3;
const HEAD_BYTES = SCOPE_BYTES + 2;
/** No UTF-8 begins with it. */
const AFTER_ANY_FIELD = 0xff;

export function scopeKey(scope: Scope): Buffer {
  const key = Buffer.allocUnsafe(SCOPE_BYTES);
  writeScope(key, scope);
  return key;
}

export function recordKey(scope: Scope, { group, field }: RecordKey): Buffer {
  const groupBytes = Buffer.byteLength(group);
  const key = Buffer.allocUnsafe(HEAD_BYTES + groupBytes + Buffer.byteLength(field));
  writeGroup(key, scope, group, groupBytes);
  key.write(field, HEAD_BYTES + groupBytes);
  return key;
}

/** The keys of a group: from `start` to before `end`. */
export function groupRange(scope: Scope, group: string): { start: Buffer; end: Buffer } {
  const start = recordKey(scope, { group, field: '' });
  return { start, end: Buffer.concat([start, Buffer.of(AFTER_ANY_FIELD)]) };
}

export function fieldOf(key: Buffer): string {
  return key.toString('utf8', HEAD_BYTES + key.readUInt16BE(SCOPE_BYTES));
}

/** What stands of a scope. */
export interface ScopeEntry {
  positions: number[];
  erasures: number;
}

export function encodeScope({ positions, erasures }: { positions: readonly number[]; erasures: number }): Buffer {
  const value = Buffer.allocUnsafe(positions.length * 8 + (erasures > 0 ? 4 : 0));
  for (const [source, position] of positions.entries()) value.writeDoubleBE(position, source * 8);
  if (erasures > 0) value.writeUInt32BE(erasures, positions.length * 8);
  return value;
}
export function decodeScope(value: Buffer): ScopeEntry {
  const sources = Math.floor(value.length / 8);
  return {
    positions: Array.from({ length: sources }, (_, source) => value.readDoubleBE(source * 8)),
    erasures: value.length % 8 === 0 ? 0 : value.readUInt32BE(sources * 8),
  };
}

function writeGroup(key: Buffer, scope: Scope, group: string, groupBytes: number): void {
  writeScope(key, scope);
  key.writeUInt16BE(groupBytes, SCOPE_BYTES);
  key.write(group, HEAD_BYTES);
}

function writeScope(key: Buffer, { kind, number }: Scope): void {
  key[0] = KINDS.indexOf(kind);
  key.writeUInt16BE(number, 1);
}
