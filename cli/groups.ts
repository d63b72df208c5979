/** Consumer groups as commands see them: opened beside whatever runs. */
import { randomUUID } from 'node:crypto';
import type { GroupDirectory } from '../server/consumer/port.ts';
import type { StoredLog } from '../server/engines/engine.ts';
import { engineOf, engineSettings } from '../server/engines.ts';
import { CommandError } from './errors.ts';
import { openLog } from './open-log.ts';
import type { SettingFlags } from './settings.ts';

export interface GroupLag {
  group: string;
  /** Events behind, over all partitions. */
  lag: number;
  /** `committedAt` is ms since 1970, 0 for never. */
  partitions: { partition: number; position: number; last: number; lag: number; committedAt: number }[];
}

/** Every group with every partition of the log. Throws LogError, StoreError or CommandError. */
export function listGroups(flags: SettingFlags): Promise<GroupLag[]> {
  return withGroups(flags, async (directory, log) => {
    const [groups, { events }] = await Promise.all([directory.groups(), log.state()]);
    return groups.map(({ group, progress }) => {
      const known = new Map(progress.map((one) => [one.partition, one]));
      const partitions = events.map(({ partition, first, last }) => {
        const { position = 0, at = 0 } = known.get(partition) ?? {};
        const lag = Math.max(0, Math.min(last - position, last - first + 1));
        return { partition, position, last, lag, committedAt: at };
      });
      return { group, lag: partitions.reduce((sum, { lag }) => sum + lag, 0), partitions };
    });
  });
}

/** Throws CommandError where there is no such group. */
export function forgetGroup(flags: SettingFlags, name: string): Promise<void> {
  return withGroups(flags, async (directory) => {
    const names = (await directory.groups()).map(({ group }) => group);
    if (!names.includes(name)) {
      const known = names.length > 0 ? `There is ${names.join(', ')}.` : 'There is none at all.';
      throw new CommandError(`there is no group ${name}`, known);
    }
    await directory.forget(name);
  });
}

async function withGroups<T>(
  flags: SettingFlags,
  work: (directory: GroupDirectory, log: StoredLog) => Promise<T>,
): Promise<T> {
  const { log, config } = await openLog(flags);
  try {
    const engine = await engineOf(config);
    const settings = { ...engineSettings(config, randomUUID()), partitions: log.partitions };
    const directory = await engine.openGroupDirectory(settings);
    try {
      return await work(directory, log);
    } finally {
      await directory.close();
    }
  } finally {
    await log.close();
  }
}
