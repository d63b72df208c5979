/**
 * What `gapless serve --demo` changes in the settings: simulated events get a place of their own, and the catalogue of those who make them.
 * They are never mixed into a real log: a folder is a demo's if nobody used it before or a demo left its mark there, a Redis prefix if it
 * says so.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { madeUpCsv } from '../../server/catalogue/track-list.ts';
import type { Config } from '../../server/config.ts';
import { CommandError } from '../errors.ts';
import { type SettingFlags, settings } from '../settings.ts';

/** What holds where neither a flag nor the environment says otherwise. The log of a demo that nobody stops stays bounded. */
const DEFAULTS = {
  GAPLESS_DATA_DIR: './data-demo',
  GAPLESS_REDIS_PREFIX: 'gapless-demo',
  GAPLESS_RETENTION_BYTES: '256MiB',
};
/** The catalogue, and the mark that the folder is a demo's. */
const MARK = 'demo-catalogue.csv';

/** Throws CommandError, also where what is there is not a demo's. */
export function demoSettings(flags: SettingFlags, env = process.env): { config: Config; warnings: string[] } {
  if (env.GAPLESS_CATALOGUE?.trim())
    throw new CommandError('--demo brings a catalogue of its own', 'Leave GAPLESS_CATALOGUE out.');
  const given = Object.entries(env).filter(([, value]) => value?.trim());
  const { config, warnings } = settings(flags, { ...env, ...DEFAULTS, ...Object.fromEntries(given) });
  if (!config.roles.includes('gateway'))
    throw new CommandError('--demo needs the role gateway: its listeners connect to this server');
  if (config.redisUrl !== undefined) refusePrefix(config);
  return { config: { ...config, catalogue: join(config.dataDir, MARK) }, warnings };
}

/** Writes the catalogue, and with it the mark. Throws CommandError where the folder is not a demo's. */
export function prepareDemo({ dataDir, redisUrl }: Config): void {
  const mark = join(dataDir, MARK);
  if (redisUrl === undefined && !existsSync(mark)) refuseFolder(dataDir);
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(mark, madeUpCsv());
  } catch (error) {
    throw new CommandError(`${mark} could not be written: ${(error as Error).message}`);
  }
}

function refuseFolder(dataDir: string): void {
  if (!existsSync(dataDir) || readdirSync(dataDir).length === 0) return;
  throw new CommandError(
    `${dataDir} holds what no demo made`,
    'A demo does not mix its events with others. Give it an empty folder, or leave --data-dir out: it takes ./data-demo.',
  );
}

function refusePrefix({ redisPrefix }: Config): void {
  if (/demo/i.test(redisPrefix)) return;
  throw new CommandError(
    `the Redis prefix ${redisPrefix} does not look like a demo's`,
    'A demo does not mix its events with others. Give it a prefix that has "demo" in it, or leave it out: it takes gapless-demo.',
  );
}
