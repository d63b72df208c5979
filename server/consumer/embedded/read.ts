/** Reads of the environment, as groups and their directory share them. */
import type { Environment } from '../../lmdb/environment.ts';
import { type PartitionRecord, progressOf } from '../lease.ts';
import type { GroupProgress } from '../port.ts';
import { decode, groupOf, partitionOf, partitionRange } from './layout.ts';

export function readProgress(environment: Environment, group: string): GroupProgress[] {
  const range = environment.table('groups').getRange(partitionRange(group));
  return environment.read(() => [
    ...range.map(({ key, value }) => progressOf(partitionOf(key), decode<PartitionRecord>(value))),
  ]);
}

export function readKeys(environment: Environment, range: { start?: Buffer; end?: Buffer } = {}): Buffer[] {
  return environment.read(() => [...environment.table('groups').getKeys(range)]);
}

/** Names, in rising order. */
export function readGroups(environment: Environment): string[] {
  const names = new Set(readKeys(environment).map(groupOf));
  names.delete(null);
  return ([...names] as string[]).sort();
}
