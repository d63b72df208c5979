/**
 * Opens what a thread works with, on the engine that the settings name. Beside `compose.ts` this is the only file that names concrete
 * engines. Settings are plain data, since they cross threads.
 */
import { LocalBus } from './bus/local.ts';
import type { LiveBus } from './bus/port.ts';
import { openRedisBus } from './bus/redis.ts';
import type { Config } from './config.ts';
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
