/**
 * The configuration: one schema over the environment. Every setting is one entry of `SETTINGS`: its name, what it may be, its default
 * (written as a user would write it) and what it means. `docs/CONFIGURATION.md` has the same table; a test compares both.
 *
 * Unknown `GAPLESS_*` names are refused, an empty value counts as absent, and all problems are reported at once.
 */
import { availableParallelism, totalmem } from 'node:os';
import type { z } from 'zod';
import { DEFAULT_FRAME_LIMITS, FRAME_OVERHEAD_BYTES, WINDOW_CAP } from '../protocol/limits.ts';
import { bytes, choice, count, duration, flag, isLoopback, list, redisUrl, secret, text } from './config-values.ts';
import { formatBytes, formatDuration } from './units.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The WebSocket library counts minutes modulo 240: 240 would end every connection at once. */
const MAX_LIFETIME_MS = 239 * MINUTE;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export const ROLES = ['gateway', 'processor'] as const;
export type Role = (typeof ROLES)[number];

/** What a watermark must outlive the oldest event by that is still taken. */
const PRODUCER_MEMORY_MARGIN_MS = 10 * MINUTE;
const WEAK_TOKEN_LENGTH = 20;

interface Setting<T> {
  env: string;
  schema: z.ZodType<T, string>;
  /** As a user would write it; undefined where the setting is optional. */
  fallback: string | undefined;
  about: string;
  secret: boolean;
}
function setting<T>(env: string, schema: z.ZodType<T, string>, fallback: string, about: string): Setting<T> {
  return { env, schema, fallback, about, secret: false };
}
function optional<T>(env: string, schema: z.ZodType<T, string>, about: string): Setting<T | undefined> {
  return { env, schema, fallback: undefined, about, secret: false };
}
function hidden<T>(of: Setting<T>): Setting<T> {
  return { ...of, secret: true };
}

export const SETTINGS = {
  host: setting('GAPLESS_HOST', text(), '127.0.0.1', 'Address to listen on. Beyond loopback a token is needed.'),
  port: setting('GAPLESS_PORT', count(0, 65_535), '8080', 'Port of WebSocket and HTTP; 0 takes a free one.'),
  token: hidden(
    optional(
      'GAPLESS_TOKEN',
      secret(),
      'The token that clients present. Without it everybody who reaches the port is let in.',
    ),
  ),
  insecure: setting(
    'GAPLESS_INSECURE',
    flag(),
    'false',
    'Allows listening beyond loopback without a token. For closed networks only.',
  ),
  allowedOrigins: setting(
    'GAPLESS_ALLOWED_ORIGINS',
    list('origin'),
    '',
    'Origins of browsers that may connect, separated by commas, compared exactly. Empty: only pages of the same host.',
  ),

  dataDir: setting('GAPLESS_DATA_DIR', text(), './data', 'Folder of the embedded engine.'),
  redisUrl: hidden(
    optional(
      'GAPLESS_REDIS_URL',
      redisUrl(),
      'Uses Redis instead of the embedded engine: `redis://`, `rediss://`, `redis+sentinel://a,b/master`, `redis+cluster://a,b,c`.',
    ),
  ),
  redisPrefix: setting(
    'GAPLESS_REDIS_PREFIX',
    text(/^[A-Za-z0-9_.:-]{1,64}$/, '1 to 64 of A-Z a-z 0-9 _ . : -'),
    'gapless',
    'First part of every Redis key.',
  ),
  redisMaxBytes: setting(
    'GAPLESS_REDIS_MAX_BYTES',
    bytes(0, 1024 * TiB),
    '0',
    'Redis memory at which ingest waits; 0 leaves it to the `maxmemory` of Redis.',
  ),
  redisReplicas: setting(
    'GAPLESS_REDIS_REPLICAS',
    count(0, 10),
    '0',
    'Replicas that must have an append before it is acknowledged (WAIT).',
  ),
  redisDurability: optional(
    'GAPLESS_REDIS_DURABILITY',
    choice(['fsync', 'os', 'memory']),
    'What an append in Redis is worth, where the server may not read it itself (CONFIG is forbidden).',
  ),
  partitions: setting('GAPLESS_PARTITIONS', count(1, 256), '8', 'Partitions of a new log; fixed with the data.'),
  roles: setting(
    'GAPLESS_ROLES',
    list('role', ROLES),
    'gateway,processor',
    'What this process does. Only one of them needs Redis.',
  ),

  eventMaxAgeMs: setting(
    'GAPLESS_EVENT_MAX_AGE',
    duration(0, 3_650 * DAY),
    '0',
    'Events older than this are rejected as `too_old`; 0 takes any age.',
  ),
  dedupWindowMs: setting(
    'GAPLESS_DEDUP_WINDOW',
    duration(0, 30 * DAY),
    '1h',
    'How long the `id` of an event is remembered; 0 turns it off.',
  ),
  producerMemoryMs: setting(
    'GAPLESS_PRODUCER_MEMORY',
    duration(PRODUCER_MEMORY_MARGIN_MS, 3_660 * DAY),
    '90d',
    'How long a producer is remembered after its last commit; at least GAPLESS_EVENT_MAX_AGE and 10 minutes.',
  ),
  retentionAgeMs: setting(
    'GAPLESS_RETENTION_AGE',
    duration(0, 36_500 * DAY),
    '0',
    'Stored events older than this may go; 0 keeps them.',
  ),
  retentionBytes: setting(
    'GAPLESS_RETENTION_BYTES',
    bytes(0, 1024 * TiB),
    '0',
    'Size of the log from which on the oldest events go; 0 sets no bound.',
  ),
  minFreeBytes: setting(
    'GAPLESS_MIN_FREE_BYTES',
    bytes(0, 1024 * TiB),
    '256MiB',
    'Free disk space below which the embedded engine takes no more events.',
  ),

  creditBudgetBytes: setting(
    'GAPLESS_CREDIT_BUDGET_BYTES',
    bytes(MiB, TiB),
    '64MiB',
    'Wire bytes that all clients together may have granted or unsettled.',
  ),
  maxFrameBytes: setting(
    'GAPLESS_MAX_FRAME_BYTES',
    bytes(4 * KiB, WINDOW_CAP.bytes),
    formatBytes(DEFAULT_FRAME_LIMITS.maxFrameBytes),
    'Largest frame; at least GAPLESS_MAX_EVENT_BYTES and 64 bytes.',
  ),
  maxEventBytes: setting(
    'GAPLESS_MAX_EVENT_BYTES',
    bytes(256, WINDOW_CAP.bytes),
    formatBytes(DEFAULT_FRAME_LIMITS.maxEventBytes),
    'Largest event in its own encoding.',
  ),
  maxFrameEvents: setting(
    'GAPLESS_MAX_FRAME_EVENTS',
    count(1, WINDOW_CAP.events),
    String(DEFAULT_FRAME_LIMITS.maxFrameEvents),
    'Most events in a frame.',
  ),
  httpBodyBytes: setting('GAPLESS_HTTP_BODY_BYTES', bytes(KiB, 16 * MiB), '1MiB', 'Largest body of `POST /v1/events`.'),
  maxConnections: setting(
    'GAPLESS_MAX_CONNECTIONS',
    count(1, 1_000_000),
    '20000',
    'Most open WebSockets; beyond, an upgrade gets 503.',
  ),
  upgradesPerSecond: setting(
    'GAPLESS_UPGRADES_PER_SECOND',
    count(0, 100_000),
    '500',
    'Upgrades that one network (IPv4 address, IPv6 /64) may ask for in a second, loopback excepted; 0 sets no bound.',
  ),
  connectionLifetimeMs: setting(
    'GAPLESS_CONNECTION_LIFETIME',
    duration(MINUTE, MAX_LIFETIME_MS),
    '3h',
    'A WebSocket is ended after this time and comes back by itself; in whole minutes.',
  ),
  sendBufferBytes: setting(
    'GAPLESS_SEND_BUFFER_BYTES',
    bytes(16 * KiB, 16 * MiB),
    '256KiB',
    'Unread bytes of one WebSocket from which on it counts as clogged; at four times this it is cut.',
  ),
  rssLimitBytes: setting(
    'GAPLESS_RSS_LIMIT_BYTES',
    bytes(0, 1024 * TiB),
    '0',
    'Memory of the process at which pressure is full; 0 means three quarters of what the process may use.',
  ),
  storageLatencyCeilingMs: setting(
    'GAPLESS_STORAGE_LATENCY_CEILING_MS',
    duration(1, 10 * MINUTE, 'bare'),
    '1s',
    'Commit latency at which pressure is full.',
  ),

  workers: setting(
    'GAPLESS_WORKERS',
    count(0, 256),
    '0',
    'Worker threads that validate; 0 means one less than there are cores, at least 1.',
  ),
  catalogue: optional(
    'GAPLESS_CATALOGUE',
    text(),
    'Track catalogue (CSV or NDJSON with id, artist, genre, duration) for enrichment.',
  ),
  logLevel: setting('GAPLESS_LOG_LEVEL', choice(LOG_LEVELS), 'info', 'Least important log lines that are written.'),

  feedbackEvents: setting(
    'ENABLE_FEEDBACK_EVENTS',
    flag(),
    'true',
    'Takes `feedback_event`; otherwise it is rejected as `disabled`.',
  ),
  realtimeProcessing: setting(
    'ENABLE_REALTIME_PROCESSING',
    flag(),
    'true',
    'Consumers process events as they are stored.',
  ),
  eventEnrichment: setting(
    'ENABLE_EVENT_ENRICHMENT',
    flag(),
    'true',
    'Adds derived fields, device and track metadata to events.',
  ),
  dlqHandling: setting('ENABLE_DLQ_HANDLING', flag(), 'true', 'Keeps rejected events as dead letters.'),
};

export type ConfigName = keyof typeof SETTINGS;
/** Times in milliseconds, sizes in bytes. */
export type Config = { -readonly [K in ConfigName]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

/** `message` says what is wrong, `fix` what to do. */
export interface ConfigProblem {
  name: string;
  message: string;
  fix: string;
}
export type LoadedConfig = { ok: true; config: Config; warnings: string[] } | { ok: false; problems: ConfigProblem[] };

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
  config.workers ||= Math.max(1, machine.cores - 1);
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
