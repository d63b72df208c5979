/** Sends synthetic events to a server at a chosen rate, over any number of connections with a producer each. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientError } from '../../client/error.ts';
import type { ClientOptions, ClientState, GaplessClient } from '../../client/types.ts';
import { type Catalogue, listeners } from '../../loadtest/listeners/index.ts';
import { Tally } from '../tally.ts';

export interface LiveOptions {
  client: Omit<ClientOptions, 'producer' | 'epoch'>;
  connect: (options: ClientOptions) => GaplessClient;
  /** At most as many as there are users. */
  connections: number;
  /** Events per second over all connections; Infinity: as fast as credit allows. */
  rate: number;
  /** Stop offering after so many, or after this time, whichever is first. */
  events: number;
  durationMs: number;
  seed: number;
  users: number;
  sessionsPerDay: number;
  catalogue: Catalogue;
  /** First part of every producer id; never used before. */
  name: string;
  /** What is later than this by the schedule is left out; default Infinity. */
  lateMs?: number;
}

const EXAMPLES = 10;

/** One connection and its share of the listeners: a listener's events always take the same connection, so they keep their order. */
interface Stream {
  client: GaplessClient;
  source: ReturnType<typeof listeners>;
  quota: number;
}

export class LiveSimulation {
  readonly tally = new Tally(EXAMPLES);
  offered = 0;
  /** How far the slowest connection was ever behind its schedule, ms: credit or the generator held it back. */
  behindMs = 0;
  failure: ClientError | null = null;
  private readonly options: LiveOptions;
  private readonly streams: Stream[] = [];
  private readonly stopper = new AbortController();

  constructor(options: LiveOptions) {
    this.options = options;
  }

  /** Resolves when everything was offered, or stop() was called, or no connection may go on. */
  async run(): Promise<void> {
    const { connections, users } = this.options;
    for (let index = 0; index < connections; index++) {
      const from = Math.floor((users * index) / connections);
      const to = Math.floor((users * (index + 1)) / connections);
      this.streams.push(this.open(index, from, to - from));
    }
    const startMs = performance.now();
    const { signal } = this.stopper;
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    // Where a server is away there is no room until the client is closed.
    await Promise.race([Promise.all(this.streams.map((stream) => this.feed(stream, startMs))), stopped]);
  }

  private open(index: number, firstUser: number, users: number): Stream {
    const { client: options, connect, connections, events, name, seed, sessionsPerDay, catalogue } = this.options;
    const client = connect({ ...options, producer: `${name}-${index + 1}`, epoch: 1 });
    client.on('verdict', (verdict) => this.tally.add(verdict));
    client.on('error', (error) => {
      if (client.stats.state !== 'failed') return;
      this.failure ??= error;
      this.stop();
    });
    const startMs = Date.now();
    const source = listeners({ seed, firstUser, users, sessionsPerDay, catalogue, startMs });
    const quota = events === Number.POSITIVE_INFINITY ? events : share(events, index, connections);
    return { client, source, quota };
  }

  private async feed({ client, source, quota }: Stream, begin: number): Promise<void> {
    let startMs = begin;
    const { rate, durationMs, connections, lateMs = Number.POSITIVE_INFINITY } = this.options;
    const gapMs = rate === Number.POSITIVE_INFINITY ? 0 : (1000 * connections) / rate;
    const { signal } = this.stopper;
    for (let sent = 0; sent < quota && !signal.aborted; sent++) {
      const nowMs = performance.now();
      const behindMs = nowMs - (startMs + sent * gapMs);
      if (gapMs > 0 && behindMs > lateMs) startMs += behindMs;
      const dueMs = startMs + sent * gapMs;
      if (dueMs - begin >= durationMs) return;
      if (dueMs > nowMs) {
        await pause(dueMs - nowMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      } else if (gapMs > 0) this.behindMs = Math.max(this.behindMs, nowMs - dueMs);
      else if (nowMs - begin >= durationMs) return;
      // The listeners' own clock runs as fast as the rate asks; to the server it happens now.
      const { event } = source.next().value;
      event.timestamp = Date.now();
      try {
        while (!client.push(event)) {
          await client.ready();
          if (signal.aborted) return;
        }
      } catch {
        // The client has told its listeners why it failed.
        return;
      }
      this.offered++;
    }
  }

  /** Offers no more. */
  stop(): void {
    this.stopper.abort();
  }

  /** Events that have no verdict after `timeoutMs`. */
  async settle(timeoutMs: number): Promise<number> {
    if (!this.failure) await Promise.all(this.streams.map(({ client }) => client.flush({ timeout: timeoutMs })));
    return this.offered - this.tally.answered;
  }

  async close(): Promise<void> {
    await Promise.all(this.streams.map(({ client }) => client.close()));
  }

  /** How many connections are in that state, and how many wait for credit. */
  count(state: ClientState): number {
    return this.streams.filter(({ client }) => client.stats.state === state).length;
  }
  get blocked(): number {
    return this.streams.filter(({ client }) => client.stats.blocked).length;
  }
}

/** The part of `total` that falls to one of `parts`. */
function share(total: number, index: number, parts: number): number {
  return Math.floor((total * (index + 1)) / parts) - Math.floor((total * index) / parts);
}
