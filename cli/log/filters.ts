/** Which entries and items of a log a command shows. */
import type { Command } from 'commander';
import type { Stream } from '../../format/model.ts';
import type { StoredLog } from '../../server/engines/engine.ts';
import { positionAt } from '../../server/log/position-at.ts';
import { list, moment, producerId, wholeNumber } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import type { SettingFlags } from '../settings.ts';
import { streamState } from './scan.ts';

export interface FilterFlags {
  partition?: string[];
  user?: string[];
  producer?: string;
  from?: number;
  since?: number;
  limit?: number;
}

export interface EventFlags extends FilterFlags, SettingFlags {
  type?: string[];
  json?: boolean;
}

export function withEventFilters(command: Command): Command {
  return withFilters(command).option('--type <name>', 'only events of these types or actions', list);
}

export function withFilters(command: Command): Command {
  return command
    .option('--partition <n>', 'only these partitions (repeat, or separate by commas)', list)
    .option('--user <id>', 'only events of these users', list)
    .option('--producer <id>', 'only events of this producer', producerId)
    .option('--from <position>', 'begin at this position of each partition', wholeNumber(1))
    .option('--since <time>', 'only what was received since: a date, or how long ago (10m, 7d)', moment)
    .option('--limit <n>', 'stop after so many', wholeNumber(1));
}

export interface Start {
  partition: number;
  /** Where to begin, and where the stream ended when it was asked. */
  from: number;
  last: number;
}

/** The partitions to read. */
export async function starts(
  log: StoredLog,
  stream: Stream,
  { partition, from = 1, since }: FilterFlags,
): Promise<Start[]> {
  const wanted = partition && new Set(partition.map((text) => checkedPartition(text, log.partitions)));
  const states = (await streamState(log, stream)).filter((state) => !wanted || wanted.has(state.partition));
  return Promise.all(
    states.map(async (state) => {
      const first = since === undefined ? state.first : await positionAt(log, stream, state, since);
      return { partition: state.partition, from: Math.max(first, from), last: state.last };
    }),
  );
}

function checkedPartition(text: string, partitions: number): number {
  if (/^\d{1,3}$/.test(text) && Number(text) < partitions) return Number(text);
  throw new CommandError(`there is no partition ${text}`, `The log has partitions 0 to ${partitions - 1}.`);
}

/** The filters that look at what is stored; those that look at the position are in `starts`. */
export function makeFilter({ user, producer, from = 1, since = 0 }: FilterFlags) {
  const users = user && new Set(user);
  return (position: number, item: { producer: string; received_at: number }, userId: unknown): boolean =>
    position >= from &&
    item.received_at >= since &&
    (producer === undefined || item.producer === producer) &&
    (!users || users.has(userId as string));
}
