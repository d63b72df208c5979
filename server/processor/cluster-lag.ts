/**
 * How far the processors are behind, all together: from where each says it has come to where the log is heard to reach. Processors say it
 * once in a while, later where cores are busy; appends are heard of within milliseconds.
 */
import { decodeMessage } from '../bus/message.ts';
import { type AppendedMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { ProcessorFigures, ServerFigures } from '../feeds/figures.ts';

type Partitions = ProcessorFigures['partitions'];

/** What a processor said of its partitions, and when, ms of the same clock as `now`. */
interface Said {
  partitions: Partitions;
  at: number;
}

/** What was told longer ago does not count. */
const HEARD_MS = 5_000;

export class ClusterLag {
  private readonly heard = new Map<string, Said>();
  /** By partition: the last position, as heard of last. A log that is made anew begins at 1 again, so this may fall. */
  private readonly ends = new Map<number, number>();
  private readonly server: string;
  private readonly now: () => number;
  private readonly unsubscribe: (() => void)[];

  /** `server` is this one's name, `now` in ms of a steady clock. */
  constructor(bus: LiveBus, server: string, now: () => number = () => performance.now()) {
    this.server = server;
    this.now = now;
    this.unsubscribe = [
      bus.subscribe(TOPICS.stats, (bytes) => this.hear(decodeMessage<ServerFigures>(bytes))),
      bus.subscribe(TOPICS.appended, (bytes) => this.appended(decodeMessage<AppendedMessage>(bytes))),
    ];
  }

  private hear(figures: Partial<ServerFigures> | null): void {
    const partitions = figures?.processor?.partitions;
    if (typeof figures?.server !== 'string' || !Array.isArray(partitions)) return;
    this.heard.set(figures.server, { partitions, at: this.now() });
  }

  private appended(message: Partial<AppendedMessage> | null): void {
    const { events, eventPositions } = message ?? {};
    if (!Array.isArray(events) || !Array.isArray(eventPositions)) return;
    for (const [i, partition] of events.entries()) this.ends.set(partition, eventPositions[i]!);
  }

  /** Events. Of this server's own processor `own` counts, which is newer than what it told everybody; null where it has none. */
  lag(own: Said | null): number {
    let sum = own && this.now() - own.at <= HEARD_MS ? this.behind(own.partitions) : 0;
    for (const [server, { partitions, at }] of this.heard) {
      if (this.now() - at > HEARD_MS) this.heard.delete(server);
      else if (own === null || server !== this.server) sum += this.behind(partitions);
    }
    return sum;
  }

  private behind(partitions: Partitions): number {
    let sum = 0;
    for (const { partition, applied, last } of partitions)
      sum += Math.max(last, this.ends.get(partition) ?? 0) - applied;
    return sum;
  }

  close(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
  }
}
