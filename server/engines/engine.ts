/** What an engine is: how its parts are opened. One of them is loaded by `engines.ts`. */
import type { LiveBus } from '../bus/port.ts';
import type { Config } from '../config.ts';
import type { GroupDirectory, GroupStore } from '../consumer/port.ts';
import type { FeatureReader, FeatureStore } from '../features/port.ts';
import type { EventLog, LogWaker } from '../log/port.ts';
import type { Logger } from '../ops/logger.ts';

/** Plain data, since it crosses threads. */
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

/** The log beside whoever writes it. One that cannot wait for what comes is asked again and again. */
export type StoredLog = Pick<EventLog, 'read' | 'state' | 'producers' | 'close'> &
  Partial<LogWaker> & { readonly partitions: number };

/** The log of a server that writes. */
export interface LogParts {
  config: Config;
  rememberProducersMs: number;
  dedupMs: number;
  logger: Logger;
  /** The log has stopped for good; only a new process can go on. */
  onStop(error: unknown): void;
}

export interface Engine {
  /** Throws LogError. */
  openLog(parts: LogParts): Promise<EventLog>;
  /** Opened after the log itself. Throws LogError. */
  openReader(settings: EngineSettings): Promise<StoredLog>;
  /** `onError` hears of trouble with connections, and of what handlers throw. */
  openBus(settings: EngineSettings, onError: (error: unknown) => void): Promise<LiveBus>;
  /** For the one thread of this process that folds. Throws StoreError. */
  openFeatureStore(settings: EngineSettings): Promise<FeatureStore>;
  /** Throws StoreError. */
  openFeatureReader(settings: EngineSettings): Promise<FeatureReader>;
  /** Throws StoreError. */
  openGroups(settings: EngineSettings, group: string): Promise<GroupStore>;
  /** Throws StoreError. */
  openGroupDirectory(settings: EngineSettings): Promise<GroupDirectory>;
}
