/** One subscriber: the SDK with a feed, that takes what comes at once, slowly, or not at all. */
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type FeedOptions, type GaplessClient, UncompressedWebSocket } from '../../client/node.ts';
import type { WebSocketConstructor } from '../../client/types.ts';
import { Latencies } from '../generator/percentiles.ts';
import type { SubscribersPlan } from './plan.ts';

export type Pace = 'fast' | 'slow' | 'stopped';

/** So much a stopped one allows the server to send: more than a socket buffers. */
const STOPPED_CREDIT = 1_000_000;
/** Few wait here, so that the rest waits at the server. */
const SLOW_CREDIT = 50;
const FAST_CREDIT = 5_000;

export class Subscriber {
  items = 0;
  readonly delay = new Latencies();
  private readonly plan: SubscribersPlan;
  private readonly pace: Pace;
  private readonly key: string | undefined;
  private readonly fault: (text: string) => void;

  constructor(plan: SubscribersPlan, pace: Pace, key: string | undefined, fault: (text: string) => void) {
    this.plan = plan;
    this.pace = pace;
    this.key = key;
    this.fault = fault;
  }

  /** Resolves when the server has begun to send; items are taken from then on. */
  async start(): Promise<void> {
    const { url, token, feed } = this.plan;
    let socket: UncompressedWebSocket | undefined;
    class Kept extends UncompressedWebSocket {
      constructor(address: string, protocols: string[]) {
        super(address, protocols);
        socket = this;
      }
    }
    const client: GaplessClient = connect({
      ...{ url, publish: false, ...(token !== undefined && { token }) },
      WebSocket: Kept as unknown as WebSocketConstructor,
    });
    const credit = { fast: FAST_CREDIT, slow: SLOW_CREDIT, stopped: STOPPED_CREDIT }[this.pace];
    const options: FeedOptions = this.key === undefined ? { credit } : { credit, key: this.key };
    const subscription = client.subscribe(feed, options);
    subscription.on('gap', ({ reason, skipped }) => {
      // Feeds of latest values leave out what a newer value has replaced.
      if (feed === 'events') this.fault(`${this.pace}: a gap: ${reason}, ${skipped ?? 'unknown'} skipped`);
    });
    await new Promise<void>((resolve) => {
      subscription.on('state', (state) => {
        if (state === 'live') resolve();
        else if (state === 'ended') this.fault(`${this.pace}: the subscription ended`);
      });
    });
    if (this.pace === 'stopped') return socket?.pause();
    const reading = this.pace === 'slow' ? this.readSlowly(subscription) : this.read(subscription.batches());
    reading.catch((error: Error) => this.fault(`${this.pace}: ${error.message}`));
  }

  private async read(batches: AsyncIterable<{ items: unknown[] }>): Promise<void> {
    for await (const { items } of batches) {
      this.items += items.length;
      this.arrived(items[0]);
    }
  }

  private async readSlowly(items: AsyncIterable<unknown>): Promise<void> {
    for await (const item of items) {
      this.items++;
      this.arrived(item);
      await delay(1000 / this.plan.slowPerSecond);
    }
  }

  private arrived(item: unknown): void {
    const { received_at: receivedAt } = (item ?? {}) as { received_at?: unknown };
    if (typeof receivedAt === 'number') this.delay.record(Math.max(0, Date.now() - receivedAt));
  }
}
