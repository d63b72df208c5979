/** Keeps the log in bounds: lets go of what retention allows, and remembers its size for the metrics. */
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { EventLog, PartitionState, RetentionPolicy } from './port.ts';

const INTERVAL_MS = 30_000;

export interface KeeperSettings {
  /** 0 keeps everything. */
  retentionAgeMs: number;
  retentionBytes: number;
}

export class LogKeeper {
  private readonly log: EventLog;
  private readonly settings: KeeperSettings;
  private readonly metrics: Metrics;
  private readonly logger: Logger;
  private readonly timer: NodeJS.Timeout;
  private size = { events: 0, bytes: 0, deadLetters: 0, producers: 0 };
  private work: Promise<void> = Promise.resolve();

  constructor(log: EventLog, settings: KeeperSettings, metrics: Metrics, logger: Logger) {
    this.log = log;
    this.settings = settings;
    this.metrics = metrics;
    this.logger = logger;
    metrics.attach({ log: () => this.size });
    this.timer = setInterval(() => this.start(), INTERVAL_MS);
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
      await this.trim({ stream: 'events', ...bounds });
      await this.trim({ stream: 'dead-letters', ...bounds });
    }
    const { events, deadLetters, producers } = await this.log.state();
    this.size = {
      events: count(events),
      bytes: [...events, ...deadLetters].reduce((sum, { bytes }) => sum + bytes, 0),
      deadLetters: count(deadLetters),
      producers,
    };
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
