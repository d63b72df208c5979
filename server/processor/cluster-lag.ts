/** How far the processors are behind, all together, as they tell it each second. */
import { decodeMessage } from '../bus/message.ts';
import { TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { ServerFigures } from '../feeds/figures.ts';

/** What was told longer ago does not count. */
const HEARD_MS = 5_000;

export class ClusterLag {
  private readonly heard = new Map<string, { lag: number; at: number }>();
  private readonly server: string;
  private readonly now: () => number;
  private readonly unsubscribe: () => void;

  /** `server` is this one's name, `now` in ms of a steady clock. */
  constructor(bus: LiveBus, server: string, now: () => number = () => performance.now()) {
    this.server = server;
    this.now = now;
    this.unsubscribe = bus.subscribe(TOPICS.stats, (bytes) => this.hear(decodeMessage<ServerFigures>(bytes)));
  }

  private hear(figures: Partial<ServerFigures> | null): void {
    if (typeof figures?.server !== 'string' || typeof figures.processor?.lag !== 'number') return;
    this.heard.set(figures.server, { lag: figures.processor.lag, at: this.now() });
  }

  /** Events. Of this server's own processor `own` counts, which is newer than what it told everybody; null where it has none. */
  lag(own: { lag: number; at: number } | null): number {
    let sum = own && this.now() - own.at <= HEARD_MS ? own.lag : 0;
    for (const [server, { lag, at }] of this.heard) {
      if (this.now() - at > HEARD_MS) this.heard.delete(server);
      else if (own === null || server !== this.server) sum += lag;
    }
    return sum;
  }

  close(): void {
    this.unsubscribe();
  }
}
