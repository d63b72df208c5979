/**
 * Opens what a thread works with, on the engine that the settings name. Only that engine is loaded: the other's client would take longer
 * than all else that a thread loads.
 */
import type { LiveBus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { Engine, EngineSettings } from './engines/engine.ts';
import { LogHints } from './log/hints.ts';
import type { EventLog, LogWaker } from './log/port.ts';

export type { EngineSettings } from './engines/engine.ts';

/** The log as readers have it; one thread's own. */
export type LogReader = Pick<EventLog, 'read' | 'state' | 'close'> & LogWaker & { readonly partitions: number };

export async function engineOf({ redisUrl }: { redisUrl?: string | undefined }): Promise<Engine> {
  const { engine } = await (redisUrl === undefined ? import('./engines/embedded.ts') : import('./engines/redis.ts'));
  return engine;
}

export function engineSettings(config: Config, process: string): EngineSettings {
  const { redisUrl, redisPrefix, dataDir, partitions } = config;
  return { process, redisPrefix, dataDir, partitions, ...(redisUrl !== undefined && { redisUrl }) };
}

/** A reader that `bus` wakes. Opened after the log itself. Throws LogError. */
export async function openLogReader(settings: EngineSettings, bus: LiveBus): Promise<LogReader> {
  const engine = await engineOf(settings);
  const reader = await engine.openReader(settings);
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
