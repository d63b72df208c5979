/**
 * Opens what a thread works with, on the engine that the settings name. Beside `compose.ts` this is the only file that names concrete
 * engines. Settings are plain data, since they cross threads.
 */
import { join } from 'node:path';
import { LocalBus } from './bus/local.ts';
import type { LiveBus } from './bus/port.ts';
import { openRedisBus } from './bus/redis.ts';
import type { Config } from './config.ts';
import { openEmbeddedGroupDirectory } from './consumer/embedded/directory.ts';
import { openEmbeddedGroups } from './consumer/embedded/groups.ts';
import type { GroupDirectory, GroupStore } from './consumer/port.ts';
import { openRedisGroupDirectory } from './consumer/redis/directory.ts';
import { openRedisGroups } from './consumer/redis/groups.ts';
import { openEmbeddedFeatureReader } from './features/embedded/reader.ts';
import { openEmbeddedFeatureStore } from './features/embedded/store.ts';
import type { FeatureReader, FeatureStore } from './features/port.ts';
import { openRedisFeatureStore } from './features/redis/store.ts';
import { openEmbeddedReader } from './log/embedded/reader.ts';
import { LogHints } from './log/hints.ts';
import type { EventLog, LogWaker } from './log/port.ts';
import { openRedisReader } from './log/redis/index.ts';

export interface EngineSettings {
  /** This process, within a cluster; threads of one process share it. */
  process: string;
  /** Absent: the embedded engine. */
  redisUrl?: string;
  redisPrefix: string;
  /** Of the embedded engine. */
  dataDir: string;
  partitions: number;
}

/** The log as readers have it; one thread's own. */
export type LogReader = Pick<EventLog, 'read' | 'state' | 'close'> & LogWaker & { readonly partitions: number };

export function engineSettings(config: Config, process: string): EngineSettings {
  const { redisUrl, redisPrefix, dataDir, partitions } = config;
  return { process, redisPrefix, dataDir, partitions, ...(redisUrl !== undefined && { redisUrl }) };
}

/** `onError` hears of trouble with connections, and of what handlers throw. */
export async function openBus(settings: EngineSettings, onError: (error: unknown) => void): Promise<LiveBus> {
  const { redisUrl: url, redisPrefix: prefix, process } = settings;
  return url === undefined ? new LocalBus(onError, process) : openRedisBus({ url, prefix, onError });
}

/** Opened after the log itself. Throws LogError. */
export async function openLogReader(settings: EngineSettings, bus: LiveBus): Promise<LogReader> {
  const { redisUrl: url, redisPrefix: prefix, dataDir } = settings;
  const reader = await (url === undefined ? openEmbeddedReader(dataDir) : openRedisReader({ url, prefix }));
  const hints = new LogHints(bus);
  return {
    partitions: reader.partitions,
    read: (stream, partition, from, maxBytes) => reader.read(stream, partition, from, maxBytes),
    state: () => reader.state(),
    wait: (stream, partition, position, maxWaitMs, signal) =>
      hints.wait(stream, partition, position, maxWaitMs, signal),
    async close() {
      hints.close();
      await reader.close();
    },
  };
}

/** For the one thread of this process that folds. Throws StoreError. */
export async function openFeatureStore(settings: EngineSettings): Promise<FeatureStore> {
  const { redisUrl: url, redisPrefix: prefix, dataDir } = settings;
  return url === undefined ? openEmbeddedFeatureStore(featuresDir(dataDir)) : openRedisFeatureStore({ url, prefix });
}

/** Throws StoreError. */
export async function openFeatureReader(settings: EngineSettings): Promise<FeatureReader> {
  const { redisUrl: url, redisPrefix: prefix, dataDir } = settings;
  return url === undefined ? openEmbeddedFeatureReader(featuresDir(dataDir)) : openRedisFeatureStore({ url, prefix });
}

/** Throws StoreError. */
export async function openGroups(settings: EngineSettings, group: string): Promise<GroupStore> {
  const { redisUrl: url, redisPrefix: prefix, dataDir, partitions } = settings;
  return url === undefined
    ? openEmbeddedGroups({ dir: groupsDir(dataDir), group })
    : openRedisGroups({ url, prefix, partitions, group });
}

/** Throws StoreError. */
export async function openGroupDirectory(settings: EngineSettings): Promise<GroupDirectory> {
  const { redisUrl: url, redisPrefix: prefix, dataDir, partitions } = settings;
  return url === undefined
    ? openEmbeddedGroupDirectory({ dir: groupsDir(dataDir) })
    : openRedisGroupDirectory({ url, prefix, partitions });
}

// Environments of their own beside the log's, which only the server's main thread writes.
const featuresDir = (dataDir: string) => join(dataDir, 'features');
const groupsDir = (dataDir: string) => join(dataDir, 'groups');
