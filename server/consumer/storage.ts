/** What a consumer needs of storage, on the engine that is named. */
import { randomUUID } from 'node:crypto';
import { type EngineSettings, engineOf, type LogReader, openLogReader } from '../engines.ts';
import { LogError } from '../log/error.ts';
import type { GroupStore } from './port.ts';

/** `prefix` is the first part of every Redis key, as the server has it (GAPLESS_REDIS_PREFIX); default `gapless`. */
export type ConsumerStorage = { redisUrl: string; prefix?: string } | { dataDir: string };

export interface OpenedStorage {
  log: LogReader;
  groups: GroupStore;
  close(): Promise<void>;
}

/** `onError` hears of trouble with connections that are made anew. Throws LogError or StoreError. */
export async function openStorage(
  storage: ConsumerStorage,
  group: string,
  onError: (error: unknown) => void,
): Promise<OpenedStorage> {
  const settings = engineSettings(storage);
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    const engine = await engineOf(settings);
    const bus = await engine.openBus(settings, onError);
    opened.push(bus);
    const log = await openLogReader(settings, bus);
    opened.push(log);
    const groups = await engine.openGroups({ ...settings, partitions: log.partitions }, group);
    opened.push(groups);
    return { log, groups, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Which log it is. Throws LogError, `unavailable` where no server of this version has opened it yet. */
export async function readIdentity(storage: ConsumerStorage): Promise<string> {
  const settings = engineSettings(storage);
  const bus = await (await engineOf(settings)).openBus(settings, () => {});
  try {
    const log = await openLogReader(settings, bus);
    try {
      const { identity } = await log.state();
      if (identity === '') throw new LogError('unavailable', 'the log has no identity yet: a server gives it one');
      return identity;
    } finally {
      await log.close();
    }
  } finally {
    await bus.close();
  }
}

/** How many partitions there are the log itself says. */
function engineSettings(storage: ConsumerStorage): EngineSettings {
  const common = { process: `consumer-${randomUUID()}`, partitions: 0 };
  if ('dataDir' in storage) return { ...common, dataDir: storage.dataDir, redisPrefix: '' };
  return { ...common, dataDir: '', redisUrl: storage.redisUrl, redisPrefix: storage.prefix ?? 'gapless' };
}
