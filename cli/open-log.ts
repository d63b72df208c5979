/** Opens the log that the settings name for reading, beside a server that may be writing to it. */

import type { Config } from '../server/config.ts';
import { openEmbeddedReader } from '../server/log/embedded/reader.ts';
import { LogError } from '../server/log/error.ts';
import { CommandError } from './errors.ts';
import type { ReadableLog } from './log/scan.ts';
import { type SettingFlags, settings } from './settings.ts';

export interface OpenedLog {
  log: ReadableLog;
  config: Config;
  /** Where it is, for people; never with a password. */
  where: string;
}

export async function openLog(flags: SettingFlags): Promise<OpenedLog> {
  const { config } = settings(flags);
  return config.redisUrl === undefined ? openEmbedded(config) : openRedis(config, config.redisUrl);
}

async function openEmbedded(config: Config): Promise<OpenedLog> {
  const where = `the folder ${config.dataDir}`;
  const log = await openEmbeddedReader(config.dataDir).catch((error) => {
    if (!(error instanceof LogError) || error.code !== 'misconfigured') throw error;
    throw new CommandError(
      error.message,
      'Give the server’s folder with --data-dir or GAPLESS_DATA_DIR, or --redis-url.',
    );
  });
  return { log, config, where };
}

async function openRedis(config: Config, url: string): Promise<OpenedLog> {
  const { openRedisReader } = await import('../server/log/redis/index.ts');
  const log = await openRedisReader({ url, prefix: config.redisPrefix });
  return { log, config, where: `Redis, prefix ${config.redisPrefix}` };
}
