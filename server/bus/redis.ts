/** The bus of several servers, over pub/sub of Redis; in a Cluster sharded pub/sub, so that a message goes to one node and not to all. */
import { call, connect, createClient, type RedisClient } from '../redis/client.ts';
import { parseRedisUrl } from '../redis/url.ts';
import type { BusHandler, LiveBus } from './port.ts';
import { Topics } from './topics.ts';

export interface RedisBusOptions {
  /** See `server/redis/url.ts`. */
  url: string;
  /** First part of every channel. */
  prefix: string;
  /** How long Redis may take for a command, ms; default 5,000. */
  commandTimeoutMs?: number;
  /** How long opening tries to reach Redis, ms; default 10,000. */
  openTimeoutMs?: number;
  /** Trouble with connections, and what handlers throw. */
  onError?: (error: unknown) => void;
}

const COMMAND_TIMEOUT_MS = 5_000;
const OPEN_TIMEOUT_MS = 10_000;
/** Messages that Redis has not confirmed; beyond, new ones are dropped. Bytes. */
const UNCONFIRMED_BYTES = 4 * 1024 * 1024;
const SUBSCRIBE_AGAIN_MS = 500;

/** Throws RedisUrlError, or the error of the connection when there is none in time. */
export async function openRedisBus(options: RedisBusOptions): Promise<LiveBus> {
  const bus = new RedisBus(options);
  try {
    await bus.open(options.openTimeoutMs ?? OPEN_TIMEOUT_MS);
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

class RedisBus implements LiveBus {
  private readonly publisher: RedisClient;
  private readonly subscriber: RedisClient;
  private readonly sharded: boolean;
  private readonly prefix: string;
  private readonly topics: Topics;
  /** Topics that Redis does not know of yet. */
  private readonly pending = new Set<string>();
  private unconfirmed = 0;
  private again: NodeJS.Timeout | null = null;
  private closed = false;

  constructor({ url, prefix, commandTimeoutMs = COMMAND_TIMEOUT_MS, onError = () => {} }: RedisBusOptions) {
    const target = parseRedisUrl(url);
    this.sharded = target.kind === 'cluster';
    this.prefix = `${prefix}:bus:`;
    this.topics = new Topics(onError);
    this.publisher = createClient(target, { name: `${prefix}-publish`, commandTimeoutMs, onError });
    this.subscriber = createClient(target, {
      name: `${prefix}-subscribe`,
      commandTimeoutMs,
      onError,
      subscriber: true,
    });
  }

  async open(timeoutMs: number): Promise<void> {
    const event = this.sharded ? 'smessageBuffer' : 'messageBuffer';
    this.subscriber.on(event, (channel: Buffer, bytes: Buffer) => {
      this.topics.deliver(channel.toString('utf8').slice(this.prefix.length), bytes);
    });
    await Promise.all([connect(this.publisher, timeoutMs), connect(this.subscriber, timeoutMs)]);
    this.subscriber.on('ready', () => this.resubscribe());
  }

  publish(topic: string, bytes: Uint8Array): void {
    if (this.closed || this.unconfirmed + bytes.length > UNCONFIRMED_BYTES) return;
    this.unconfirmed += bytes.length;
    const message = Buffer.from(bytes);
    call(this.publisher, this.sharded ? 'spublish' : 'publish', this.prefix + topic, message)
      .catch(() => {})
      .finally(() => {
        this.unconfirmed -= bytes.length;
      });
  }

  subscribe(topic: string, handler: BusHandler): () => void {
    const own: BusHandler = (bytes) => handler(bytes);
    if (this.topics.add(topic, own)) {
      this.pending.add(topic);
      this.flush();
    }
    return () => {
      if (!this.topics.remove(topic, own) || this.pending.delete(topic) || this.closed) return;
      this.say('unsubscribe', topic).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.again) clearTimeout(this.again);
    this.topics.clear();
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  /** A new connection knows of no subscription. In a Cluster ioredis repeats those that it knows. */
  private resubscribe(): void {
    if (!this.sharded) for (const topic of this.topics.names()) this.pending.add(topic);
    this.flush();
  }

  private flush(): void {
    for (const topic of [...this.pending]) {
      this.pending.delete(topic);
      this.say('subscribe', topic).catch(() => this.failed(topic));
    }
  }

  private failed(topic: string): void {
    if (this.closed || !this.topics.has(topic)) return;
    this.pending.add(topic);
    this.again ??= setTimeout(() => {
      this.again = null;
      this.flush();
    }, SUBSCRIBE_AGAIN_MS).unref();
  }

  private say(what: 'subscribe' | 'unsubscribe', topic: string): Promise<unknown> {
    return call(this.subscriber, this.sharded ? `s${what}` : what, this.prefix + topic);
  }
}
