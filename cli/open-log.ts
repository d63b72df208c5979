/** Opens the log that the settings name for reading, beside a server that may be writing to it. */

import type { Config } from '../server/config.ts';
import type { StoredLog } from '../server/engines/engine.ts';
import { engineOf, engineSettings } from '../server/engines.ts';
import { LogError } from '../server/log/error.ts';
import { CommandError } from './errors.ts';
import { type SettingFlags, settings } from './settings.ts';

export interface OpenedLog {
  log: StoredLog;
  config: Config;
  /** Where it is, for people; never with a password. */
  where: string;
}

export async function openLog(flags: SettingFlags): Promise<OpenedLog> {
  const { config } = settings(flags);
  const isEmbedded = config.redisUrl === undefined;
  const engine = await engineOf(config);
  const log = await engine.openReader(engineSettings(config, 'command')).catch((error) => {
    if (!isEmbedded || !(error instanceof LogError) || error.code !== 'misconfigured') throw error;
    throw new CommandError(
      error.message,
      'Give the server’s folder with --data-dir or GAPLESS_DATA_DIR, or --redis-url.',
    );
  });
  return { log, config, where: isEmbedded ? `the folder ${config.dataDir}` : `Redis, prefix ${config.redisPrefix}` };
}
