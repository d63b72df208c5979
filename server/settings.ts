/**
 * The settings: every one is one entry of `SETTINGS`, with its name, what it may be, its default (written as a user would write it) and
 * what it means. `docs/CONFIGURATION.md` has the same table; a test compares both.
 */
import type { z } from 'zod';
import { DEFAULT_FRAME_LIMITS, WINDOW_CAP } from '../protocol/limits.ts';
import { bytes, choice, count, duration, flag, list, redisUrl, secret, text } from './config-values.ts';
import { formatBytes } from './units.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;
export const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The WebSocket library counts minutes modulo 240: 240 would end every connection at once. */
const MAX_LIFETIME_MS = 239 * MINUTE;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export const ROLES = ['gateway', 'processor'] as const;
export type Role = (typeof ROLES)[number];

/** What a watermark must outlive the oldest event by that is still taken. */
export const PRODUCER_MEMORY_MARGIN_MS = 10 * MINUTE;

export interface Setting<T> {
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
  retentionIntervalMs: setting(
    'GAPLESS_RETENTION_INTERVAL',
    duration(500, HOUR),
    '30s',
    'How often old events are let go and the size of the log is looked at; between two times it may grow beyond its bounds.',
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
    'Memory of the process, without mapped pages of its data files, at which pressure is full; 0 means three quarters of what the process may use.',
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
    'Worker threads that validate; 0 means as many as there are cores, at most 4.',
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
  leaseTtlMs: setting(
    'GAPLESS_LEASE_TTL',
    duration(500, 10 * MINUTE),
    '3s',
    'A processor that has not been heard of for this time loses its partitions to the others.',
  ),
  lagLimit: setting(
    'GAPLESS_LAG_LIMIT',
    count(0, 1_000_000_000_000),
    '0',
    'Events that processors may be behind until ingest waits for them: from half of that on less credit is granted, from all of it on only a ration for clients that are blocked. What was granted before still comes in, up to GAPLESS_CREDIT_BUDGET_BYTES. At least what is processed in half a second; 0 lets them be behind.',
  ),
  groupRetentionMs: setting(
    'GAPLESS_GROUP_RETENTION',
    duration(MINUTE, 3_650 * DAY),
    '7d',
    'How long retention keeps events for a consumer group that has committed nothing.',
  ),
  indexSessions: setting(
    'GAPLESS_INDEX_SESSIONS',
    count(1_000, 100_000_000),
    '1000000',
    'Sessions of a tenant that recommendations are made from, the most recent ones; a million take up to 250 MB.',
  ),
  indexDir: optional(
    'GAPLESS_INDEX_DIR',
    text(),
    'Folder for snapshots of the recommendation index, from which a restart goes on; default: `index` in the data folder, with Redis none.',
  ),
  recommendationWaitMs: setting(
    'GAPLESS_RECOMMENDATION_WAIT',
    duration(1, MINUTE),
    '50ms',
    'How long a gateway without a processor of its own waits for a list before it gives what is popular.',
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
