/** Waits for new entries by what the bus tells (`AnnouncedLog`). Hints may be lost: nobody waits for long. */
import type { Stream } from '../../format/model.ts';
import { decodeMessage } from '../bus/message.ts';
import { type AppendedMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { LogWaker } from './port.ts';
import { Waiters } from './waiters.ts';

const LONGEST_WAIT_MS = 100;

export class LogHints implements LogWaker {
  private readonly last: Record<Stream, Map<number, number>> = { events: new Map(), 'dead-letters': new Map() };
  private readonly waiters = new Waiters();
  private readonly unsubscribe: () => void;
  private readonly longestMs: number;

  /** No wait lasts longer than `longestMs`. */
  constructor(bus: LiveBus, longestMs = LONGEST_WAIT_MS) {
    this.longestMs = longestMs;
    this.unsubscribe = bus.subscribe(TOPICS.appended, (bytes) => this.hear(bytes));
  }

  async wait(
    stream: Stream,
    partition: number,
    position: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if ((this.last[stream].get(partition) ?? 0) > position) return;
    await this.waiters.wait(stream, partition, Math.min(maxWaitMs, this.longestMs), signal);
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<AppendedMessage>(bytes);
    this.note('events', message?.events, message?.eventPositions);
    this.note('dead-letters', message?.deadLetters, message?.deadLetterPositions);
  }

  private note(stream: Stream, partitions: unknown, positions: unknown): void {
    if (!Array.isArray(partitions) || !Array.isArray(positions)) return;
    for (const [index, partition] of partitions.entries()) {
      this.last[stream].set(partition, positions[index]);
      this.waiters.wake(stream, partition);
    }
  }

  close(): void {
    this.unsubscribe();
    this.waiters.wakeAll();
  }
}
