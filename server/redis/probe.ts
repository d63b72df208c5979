/** What a Redis server is set to, as far as it may be read: many hosted ones forbid CONFIG. Of a Cluster, what the weakest master gives. */
import type { Redis } from 'ioredis';
import { mastersOf, type RedisClient } from './client.ts';

/** What an answer to a write is worth: `fsync` on disk, `os` handed to the operating system, `memory` neither. */
export type Persistence = 'fsync' | 'os' | 'memory';
const RISING: readonly Persistence[] = ['memory', 'os', 'fsync'];

export interface RedisFacts {
  /** Major version of the Redis that it is compatible with; null if not readable. */
  version: number | null;
  /** What an answer is worth lies between these; they are the same where everything could be read. */
  persistence: { least: Persistence; most: Persistence };
  /** Bytes; 0 for no limit, null if not readable. */
  maxMemory: number | null;
  /** What it does at that limit; null if not readable. */
  eviction: string | null;
  /** Replicas that are connected to every master; null if not readable. */
  replicas: number | null;
}

export async function probe(client: RedisClient): Promise<RedisFacts> {
  const all = await Promise.all(mastersOf(client).map(probeNode));
  const [first, ...others] = all;
  if (!first) throw new Error('no master is known');
  return others.reduce(weaker, first);
}

async function probeNode(node: Redis): Promise<RedisFacts> {
  const [info, config] = await Promise.all([readInfo(node), readConfig(node)]);
  const number = (text: string | undefined): number | null => (text === undefined ? null : Number.parseInt(text, 10));
  return {
    version: number(info.redis_version),
    persistence: persistenceOf(info, config),
    maxMemory: number(info.maxmemory ?? config.maxmemory),
    eviction: info.maxmemory_policy ?? config['maxmemory-policy'] ?? null,
    replicas: number(info.connected_slaves),
  };
}

function persistenceOf(info: Record<string, string>, config: Record<string, string>): RedisFacts['persistence'] {
  if (info.aof_enabled === '0' || config.appendonly === 'no') return { least: 'memory', most: 'memory' };
  const isOn = info.aof_enabled === '1' || config.appendonly === 'yes';
  if (config.appendfsync === undefined) return { least: isOn ? 'os' : 'memory', most: 'fsync' };
  // Set so, there is no fsync while the file is rewritten.
  const always = config.appendfsync === 'always' && config['no-appendfsync-on-rewrite'] !== 'yes';
  const when = always ? 'fsync' : 'os';
  return { least: isOn ? when : 'memory', most: when };
}

function weaker(a: RedisFacts, b: RedisFacts): RedisFacts {
  const least = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : Math.min(x, y);
  return {
    version: least(a.version, b.version),
    persistence: {
      least: lower(a.persistence.least, b.persistence.least),
      most: lower(a.persistence.most, b.persistence.most),
    },
    maxMemory: least(a.maxMemory, b.maxMemory),
    eviction: a.eviction === 'noeviction' ? b.eviction : a.eviction,
    replicas: least(a.replicas, b.replicas),
  };
}

/** The lower of two. */
export function lower(a: Persistence, b: Persistence): Persistence {
  return RISING[Math.min(RISING.indexOf(a), RISING.indexOf(b))]!;
}

/** The higher of two. */
export function higher(a: Persistence, b: Persistence): Persistence {
  return RISING[Math.max(RISING.indexOf(a), RISING.indexOf(b))]!;
}

/** Sections of INFO as one map; what is forbidden is empty. Trouble with the connection is thrown. */
async function readInfo(node: Redis): Promise<Record<string, string>> {
  const sections = await Promise.all(
    ['server', 'persistence', 'memory', 'replication'].map((section) => allowed(node.info(section), '')),
  );
  const lines = sections.join('\r\n').split('\r\n');
  return Object.fromEntries(lines.flatMap((line) => (line.includes(':') ? [split(line)] : [])));
}

function split(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

async function readConfig(node: Redis): Promise<Record<string, string>> {
  const names = ['appendonly', 'appendfsync', 'no-appendfsync-on-rewrite', 'maxmemory', 'maxmemory-policy'];
  const found: Record<string, string> = {};
  for (const name of names) {
    const [key, value] = (await allowed(node.config('GET', name), [])) as string[];
    if (key !== undefined && value !== undefined) found[key] = value;
  }
  return found;
}

async function allowed<T>(answer: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // NOPERM by an access list; hosted services rename the command or answer that it is unknown.
    if (error instanceof Error && /^(NOPERM|ERR)\b/.test(error.message)) return otherwise;
    throw error;
  }
}
