/**
 * A log that tells the live bus what it holds. Readers in other threads and processes wait for that instead of asking again and again;
 * since the bus may lose it, they also ask now and then.
 */
import type { Stream } from '../../format/model.ts';
import { encodeMessage } from '../bus/message.ts';
import { type AppendedMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { AppendBatch, AppendResult, EventLog, LogGuarantees, RetentionPolicy } from './port.ts';

/** Appends of this time are told together. */
const TOGETHER_MS = 2;

export class AnnouncedLog implements EventLog {
  readonly guarantees: LogGuarantees;
  private readonly log: EventLog;
  private readonly bus: LiveBus;
  private readonly events = new Map<number, number>();
  private readonly deadLetters = new Map<number, number>();
  private timer: NodeJS.Timeout | null = null;

  constructor(log: EventLog, bus: LiveBus) {
    this.log = log;
    this.bus = bus;
    this.guarantees = log.guarantees;
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    const result = await this.log.append(batch);
    if (result.status === 'appended') this.note(batch, result);
    return result;
  }

  private note(batch: AppendBatch, { last, lastDead }: { last: number; lastDead: number }): void {
    if (batch.entry) this.events.set(batch.partition, last);
    if (batch.dead) this.deadLetters.set(batch.partition, lastDead);
    this.timer ??= setTimeout(() => this.tell(), TOGETHER_MS);
  }

  private tell(): void {
    this.timer = null;
    const message: AppendedMessage = {
      events: [...this.events.keys()],
      eventPositions: [...this.events.values()],
      deadLetters: [...this.deadLetters.keys()],
      deadLetterPositions: [...this.deadLetters.values()],
    };
    this.events.clear();
    this.deadLetters.clear();
    this.bus.publish(TOPICS.appended, encodeMessage(message));
  }

  durability() {
    return this.log.durability();
  }
  producers(keys: readonly string[]) {
    return this.log.producers(keys);
  }
  read(stream: Stream, partition: number, from: number, maxBytes: number) {
    return this.log.read(stream, partition, from, maxBytes);
  }
  state() {
    return this.log.state();
  }
  trim(policy: RetentionPolicy) {
    return this.log.trim(policy);
  }

  async close(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    await this.log.close();
  }
}
