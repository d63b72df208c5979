/** A log's connections: one that appends, one that reads; in a Cluster each of them to every master. */
import { Cluster, type Redis } from 'ioredis';
import { connect, createClient, type RedisClient } from '../../redis/client.ts';
import { runScript, runScriptAndWait, type ScriptCall } from '../../redis/script.ts';
import { parseRedisUrl, RedisUrlError } from '../../redis/url.ts';
import { LogError } from '../error.ts';
import type { RedisLogger } from './durability.ts';
import { BLOCK_MS } from './waker.ts';

/** Trouble with a connection is told at most this often, ms. */
const SAY_AGAIN_MS = 5_000;

export interface ConnectionSettings {
  url: string;
  /** Shown in CLIENT LIST. */
  name: string;
  commandTimeoutMs: number;
  /** Replicas that must have what a script wrote before it counts as done; 0 for none. */
  replicas: number;
  logger: RedisLogger | undefined;
}

export class Connections {
  readonly reader: RedisClient;
  private readonly writer: RedisClient;
  private readonly settings: ConnectionSettings;

  /** Throws LogError `misconfigured` where the URL is wrong. */
  constructor(settings: ConnectionSettings) {
    this.settings = settings;
    this.writer = this.create('append');
    this.reader = this.create('read');
  }

  /** Resolves when both are connected. */
  async open(timeoutMs: number): Promise<void> {
    await Promise.all([connect(this.writer, timeoutMs), connect(this.reader, timeoutMs)]);
  }

  /** Runs a script that appends. */
  append(call: ScriptCall): Promise<unknown> {
    return this.run(this.writer, call);
  }

  /** Runs a script whose answer may tell of what other connections wrote, and must wait for replicas as they do. It writes something. */
  ask(call: ScriptCall): Promise<unknown> {
    // Where replicas are missing WAIT holds up its connection, and reading goes on.
    return this.run(this.settings.replicas > 0 ? this.writer : this.reader, call);
  }

  /** Runs a script whose answer promises nothing. */
  look(call: ScriptCall): Promise<unknown> {
    return runScript(this.reader, call);
  }

  private run(client: RedisClient, call: ScriptCall): Promise<unknown> {
    const { replicas, commandTimeoutMs } = this.settings;
    if (replicas === 0) return runScript(client, call);
    return runScriptAndWait(client, call, { replicas, timeoutMs: Math.ceil(commandTimeoutMs / 2) });
  }

  /** A connection for commands that block, to the node that has the key. It connects by itself, and ends when it is lost. */
  async openBlocking(key: string): Promise<Redis> {
    const { name, commandTimeoutMs } = this.settings;
    const node = this.reader instanceof Cluster ? await ownerOf(this.reader, key) : this.reader;
    const timeout = BLOCK_MS + commandTimeoutMs;
    const connection = node.duplicate({
      connectionName: `${name}-wait`,
      enableOfflineQueue: true,
      commandTimeout: timeout,
      socketTimeout: timeout,
      retryStrategy: null,
    });
    connection.on('error', () => {});
    return connection;
  }

  /** Lets go at once; what is under way fails. */
  close(): void {
    this.writer.disconnect();
    this.reader.disconnect();
  }

  private create(purpose: string): RedisClient {
    const { url, name, commandTimeoutMs, logger } = this.settings;
    let saidAt = -Infinity;
    const onError = ({ message }: Error): void => {
      if (performance.now() - saidAt < SAY_AGAIN_MS) return;
      saidAt = performance.now();
      logger?.warn({ purpose, message }, 'redis: connection trouble');
    };
    try {
      return createClient(parseRedisUrl(url), { name: `${name}-${purpose}`, commandTimeoutMs, onError });
    } catch (error) {
      if (error instanceof RedisUrlError) throw new LogError('misconfigured', `Redis URL: ${error.message}`);
      throw error;
    }
  }
}

async function ownerOf(cluster: Cluster, key: string): Promise<Redis> {
  const slot = await cluster.cluster('KEYSLOT', key);
  const [address] = cluster.slots[slot] ?? [];
  const node = cluster.nodes('master').find(({ options }) => `${options.host}:${options.port}` === address);
  if (!node) throw new LogError('unavailable', 'no node is known for the partition');
  return node;
}
