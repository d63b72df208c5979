/**
 * Looks after the log while it is in use: lets go of what retention allows, remembers its size for the metrics, and reads a little of
 * it each time to find damage before somebody needs what is damaged.
 */
import { STREAMS, type Stream } from '../../format/model.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { EventLog, PartitionState, RetentionPolicy } from './port.ts';

/** How much of each stream is checked at a time. */
const CHECK_BYTES = 1024 * 1024;

export interface KeeperSettings {
  /** 0 keeps everything. */
  retentionAgeMs: number;
  retentionBytes: number;
  retentionIntervalMs: number;
}

export class LogKeeper {
  private readonly log: EventLog;
  private readonly settings: KeeperSettings;
  private readonly metrics: Metrics;
  private readonly logger: Logger;
  private readonly needed: () => Promise<readonly number[]>;
  private readonly timer: NodeJS.Timeout;
  private size = { events: 0, bytes: 0, deadLetters: 0, producers: 0 };
  private work: Promise<void> = Promise.resolve();
  /** Where the check goes on: a partition of a stream, and a position in it. */
  private readonly places: { stream: Stream; partition: number; from: number }[];
  private turn = 0;

  /** `needed` tells the first position of each partition that a consumer still needs of the events. */
  constructor(
    log: EventLog,
    settings: KeeperSettings,
    metrics: Metrics,
    logger: Logger,
    needed: () => Promise<readonly number[]> = async () => [],
  ) {
    this.log = log;
    this.settings = settings;
    this.metrics = metrics;
    this.logger = logger;
    this.needed = needed;
    this.places = STREAMS.flatMap((stream) => {
      return Array.from({ length: log.guarantees.partitions }, (_, partition) => ({ stream, partition, from: 1 }));
    });
    metrics.attach({ log: () => this.size });
    this.timer = setInterval(() => this.start(), settings.retentionIntervalMs);
    this.start();
  }

  private start(): void {
    this.work = this.work
      .then(() => this.run())
      .catch((error) => {
        this.logger.warn({ err: error }, 'the log could not be trimmed');
      });
  }

  private async run(): Promise<void> {
    const { retentionAgeMs, retentionBytes } = this.settings;
    const bounds = {
      ...(retentionAgeMs > 0 && { before: Date.now() - retentionAgeMs }),
      ...(retentionBytes > 0 && { maxBytes: retentionBytes }),
    };
    if (retentionAgeMs > 0 || retentionBytes > 0) {
      await this.trim({ stream: 'events', ...bounds, keepFrom: await this.needed() });
      await this.trim({ stream: 'dead-letters', ...bounds });
    }
    const { events, deadLetters, producers } = await this.log.state();
    this.size = {
      events: count(events),
      bytes: [...events, ...deadLetters].reduce((sum, { bytes }) => sum + bytes, 0),
      deadLetters: count(deadLetters),
      producers,
    };
    await this.check();
  }

  /** Checks the next stretch of one stream. */
  private async check(): Promise<void> {
    const place = this.places[this.turn]!;
    this.turn = (this.turn + 1) % this.places.length;
    const { stream, partition, from } = place;
    const items = await this.log.read(stream, partition, from, CHECK_BYTES);
    const last = items.at(-1)?.last;
    place.from = last === undefined ? 1 : last + 1;
    for (const item of items) {
      if (item.status !== 'damaged') continue;
      this.metrics.damaged();
      this.logger.error(
        { stream, partition, position: item.last, reason: item.reason },
        'the log holds a damaged entry',
      );
    }
  }

  private async trim(policy: RetentionPolicy): Promise<void> {
    const { events, bytes, entries } = await this.log.trim(policy);
    if (entries === 0) return;
    this.metrics.trimmed(events);
    this.logger.info({ stream: policy.stream, events, bytes }, 'retention let go of old events');
  }

  /** Waits for a trim under way. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.work;
  }
}

function count(states: readonly PartitionState[]): number {
  return states.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}
