/** The settings of a command: the server's environment, where flags win. */
import type { Command } from 'commander';
import { type Config, loadConfig, problemsAsText } from '../server/config.ts';
import { CommandError } from './errors.ts';

/** Flags that stand for a variable of the environment. */
const FLAGS = {
  host: 'GAPLESS_HOST',
  port: 'GAPLESS_PORT',
  token: 'GAPLESS_TOKEN',
  dataDir: 'GAPLESS_DATA_DIR',
  redisUrl: 'GAPLESS_REDIS_URL',
  redisPrefix: 'GAPLESS_REDIS_PREFIX',
} as const;
export type SettingFlags = { [K in keyof typeof FLAGS]?: string };
export interface ServerFlags extends SettingFlags {
  url?: string;
}

/** For commands that talk to a server. */
export function withServerFlags(command: Command): Command {
  return command
    .option('--url <url>', 'the server, as ws://host:port or wss://host (default: GAPLESS_HOST and GAPLESS_PORT)')
    .option('--token <token>', 'better given as GAPLESS_TOKEN: a command line can be seen by others');
}

/** For commands that open the log themselves. */
export function withStorageFlags(command: Command): Command {
  return command
    .option('--data-dir <folder>', 'folder of the embedded engine (default: GAPLESS_DATA_DIR or ./data)')
    .option('--redis-url <url>', 'read Redis instead (default: GAPLESS_REDIS_URL)')
    .option('--redis-prefix <prefix>', 'first part of every Redis key (default: GAPLESS_REDIS_PREFIX or gapless)');
}

/** The configuration and what is to be said about it. Throws CommandError with every problem at once. */
export function settings(flags: SettingFlags, env = process.env): { config: Config; warnings: string[] } {
  const merged = { ...env };
  // Somebody who names a folder does not mean the Redis of the environment.
  if (flags.dataDir !== undefined && flags.redisUrl === undefined) merged.GAPLESS_REDIS_URL = '';
  for (const [flag, name] of Object.entries(FLAGS)) {
    const value = flags[flag as keyof SettingFlags];
    if (value !== undefined) merged[name] = value;
  }
  const loaded = loadConfig(merged);
  if (loaded.ok) return loaded;
  throw new CommandError('the settings are not usable', problemsAsText(loaded.problems));
}

/** Where a client finds the server, and with what token. */
export function serverAddress(flags: ServerFlags): { url: string; token: string | undefined; config: Config } {
  const { config } = settings(flags);
  return { url: flags.url === undefined ? localUrl(config) : checkedUrl(flags.url), token: config.token, config };
}

/** An address to listen on is not always one to connect to. */
export function localUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `ws://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === 'ws:' || url.protocol === 'wss:')) return text;
  throw new CommandError(
    `${text} is not the address of a server`,
    'Write it as ws://127.0.0.1:8080 or wss://example.com.',
  );
}
