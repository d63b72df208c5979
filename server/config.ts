/**
 * The configuration: reads the environment by the table in `settings.ts`. Unknown `GAPLESS_*` names are refused, an empty value counts
 * as absent, and all problems are reported at once.
 */
import { availableParallelism, totalmem } from 'node:os';
import { FRAME_OVERHEAD_BYTES } from '../protocol/limits.ts';
import { isLoopback } from './config-values.ts';
import {
  type Config,
  type ConfigName,
  MINUTE,
  PRODUCER_MEMORY_MARGIN_MS,
  ROLES,
  SETTINGS,
  type Setting,
} from './settings.ts';
import { formatBytes, formatDuration } from './units.ts';

export { type Config, type ConfigName, LOG_LEVELS, ROLES, type Role, SETTINGS } from './settings.ts';

const WEAK_TOKEN_LENGTH = 20;

/** `message` says what is wrong, `fix` what to do. */
export interface ConfigProblem {
  name: string;
  message: string;
  fix: string;
}
export type LoadedConfig = { ok: true; config: Config; warnings: string[] } | { ok: false; problems: ConfigProblem[] };

/** One main thread does not keep more of them busy. */
const WORKERS_MOST = 4;

/** What the machine gives; a parameter so that tests do not depend on theirs. */
export interface Machine {
  cores: number;
  memoryBytes: number;
}

export function loadConfig(env: Record<string, string | undefined>, machine: Machine = thisMachine()): LoadedConfig {
  const problems = unknownNames(env);
  const values: Partial<Record<ConfigName, unknown>> = {};
  for (const [name, one] of entries()) {
    const written = env[one.env]?.trim() || one.fallback;
    if (written === undefined) continue;
    const parsed = one.schema.safeParse(written);
    if (parsed.success) values[name] = parsed.data;
    else problems.push({ name: one.env, message: 'is not usable', fix: parsed.error.issues[0]?.message ?? '' });
  }
  const partial = values as Partial<Config>;
  problems.push(...contradictions(partial));
  if (problems.length > 0) return { ok: false, problems };

  const config = partial as Config;
  config.workers ||= Math.min(machine.cores, WORKERS_MOST);
  config.rssLimitBytes ||= Math.floor(machine.memoryBytes * 0.75);
  return { ok: true, config, warnings: warningsOf(config) };
}

/** One row a setting, in the order of the documentation, secrets masked: for `gapless serve --print-config`. */
export function describeConfig(config: Config): { name: string; value: string; default: string; about: string }[] {
  return entries().map(([name, one]) => ({
    name: one.env,
    value: one.secret ? masked(config[name]) : written(name, config[name]),
    default: one.fallback ?? '',
    about: one.about,
  }));
}

/** The problems as text for a terminal, one a line. */
export function problemsAsText(problems: readonly ConfigProblem[]): string {
  return problems.map((one) => `${one.name}: ${one.message}. ${one.fix}`).join('\n');
}

function entries(): [ConfigName, Setting<unknown>][] {
  return Object.entries(SETTINGS) as [ConfigName, Setting<unknown>][];
}

function unknownNames(env: Record<string, string | undefined>): ConfigProblem[] {
  const known = entries().map(([, one]) => one.env);
  return Object.keys(env)
    .filter((name) => name.startsWith('GAPLESS_') && !known.includes(name))
    .map((name) => ({ name, message: 'is not a setting of Gapless', fix: suggestion(name, known) }));
}

/** What single values cannot show. Where a value is missing here it has been reported already. */
function contradictions(config: Partial<Config>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const add = (name: ConfigName, message: string, fix: string) =>
    problems.push({ name: SETTINGS[name].env, message, fix });

  if (config.host !== undefined && !isLoopback(config.host) && !config.token && config.insecure === false) {
    add(
      'host',
      `is ${config.host}, which others can reach, and there is no token`,
      'Set GAPLESS_TOKEN, or listen on 127.0.0.1, or set GAPLESS_INSECURE=true if the network is closed.',
    );
  }
  if (config.roles && config.roles.length < ROLES.length && !config.redisUrl) {
    add(
      'roles',
      'splits the roles, and the embedded engine serves one process only',
      'Set GAPLESS_REDIS_URL, or leave GAPLESS_ROLES away.',
    );
  }
  const { maxFrameBytes, maxEventBytes } = config;
  if (
    maxFrameBytes !== undefined &&
    maxEventBytes !== undefined &&
    maxFrameBytes < maxEventBytes + FRAME_OVERHEAD_BYTES
  ) {
    add(
      'maxFrameBytes',
      'has no room for the largest event',
      `Set it to ${maxEventBytes + FRAME_OVERHEAD_BYTES} or more, or lower GAPLESS_MAX_EVENT_BYTES.`,
    );
  }
  const { producerMemoryMs, eventMaxAgeMs } = config;
  if (
    producerMemoryMs !== undefined &&
    eventMaxAgeMs !== undefined &&
    producerMemoryMs < eventMaxAgeMs + PRODUCER_MEMORY_MARGIN_MS
  ) {
    add(
      'producerMemoryMs',
      'is shorter than events may be old, so an old outbox could be stored twice',
      `Set it to ${formatDuration(eventMaxAgeMs + PRODUCER_MEMORY_MARGIN_MS)} or more, or lower GAPLESS_EVENT_MAX_AGE.`,
    );
  }
  if (config.connectionLifetimeMs !== undefined && config.connectionLifetimeMs % MINUTE !== 0) {
    add('connectionLifetimeMs', 'is not in whole minutes', 'Write it as 90m or 3h.');
  }
  if (!config.redisUrl && config.redisReplicas) {
    add(
      'redisReplicas',
      'is set, but there is no Redis',
      'Set GAPLESS_REDIS_URL, or leave GAPLESS_REDIS_REPLICAS away.',
    );
  }
  return problems;
}

function warningsOf(config: Config): string[] {
  const warnings: string[] = [];
  const exposed = !isLoopback(config.host);
  if (exposed && !config.token) {
    warnings.push(
      `INSECURE: listening on ${config.host} without a token. Everybody who reaches this port can write events.`,
    );
  }
  if (exposed && config.token) {
    warnings.push('Listening beyond loopback without TLS: put a proxy that ends TLS in front (deploy/ has one).');
  }
  if (config.token && config.token.length < WEAK_TOKEN_LENGTH) {
    warnings.push(
      `GAPLESS_TOKEN has fewer than ${WEAK_TOKEN_LENGTH} characters and can be guessed. Make one with: openssl rand -hex 32`,
    );
  }
  return warnings;
}

function written(name: ConfigName, value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value !== 'number') return String(value);
  if (name.endsWith('Ms')) return formatDuration(value);
  return name.endsWith('Bytes') ? formatBytes(value) : String(value);
}

/** A URL keeps what is not secret. */
function masked(value: unknown): string {
  if (value === undefined) return '';
  const url = /^([a-z+]+:\/\/)(?:.*@)?([^?]*)/.exec(String(value));
  return url ? `${url[1]}${String(value).includes('@') ? '***@' : ''}${url[2]}` : '***';
}

function suggestion(name: string, known: readonly string[]): string {
  const [best] = known.map((one) => ({ one, far: distance(name, one) })).sort((a, b) => a.far - b.far);
  const near = best && best.far <= Math.max(2, Math.floor(name.length / 5));
  return near ? `Did you mean ${best.one}?` : 'See docs/CONFIGURATION.md, or remove it.';
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function thisMachine(): Machine {
  const constrained = process.constrainedMemory() ?? 0;
  const total = totalmem();
  return { cores: availableParallelism(), memoryBytes: constrained > 0 && constrained < total ? constrained : total };
}
