/**
 * The credit of one connection as the client keeps it: what it may send, what it has sent, and how far back a NACK takes it.
 * Limits are absolute and only grow; bytes are those of PUBLISH payloads since WELCOME.
 */
import type { Nack } from '../frames.ts';

export class SendWindow {
  limit: number;
  limitBytes: number;
  /** The number that the next PUBLISH begins with. */
  next: number;
  sentBytes = 0;
  /** A NACK said that credit was overdrawn: nothing goes out before the next ACK. */
  awaitsAck = false;
  /** Frames sent and not wholly settled: their last number, and the byte counter after them. */
  readonly #frames: { last: number; sentBytes: number }[] = [];
  #settledBytes = 0;

  constructor(done: number, limit: number, limitBytes: number) {
    this.next = done + 1;
    this.limit = limit;
    this.limitBytes = limitBytes;
  }

  get roomBytes(): number {
    return this.limitBytes - this.sentBytes;
  }

  record(last: number, bytes: number): void {
    this.next = last + 1;
    this.sentBytes += bytes;
    this.#frames.push({ last, sentBytes: this.sentBytes });
  }

  raise(limit: number, limitBytes: number): void {
    this.limit = Math.max(this.limit, limit);
    this.limitBytes = Math.max(this.limitBytes, limitBytes);
    this.awaitsAck = false;
  }

  settle(done: number): void {
    this.next = Math.max(this.next, done + 1);
    while (this.#frames.length > 0 && this.#frames[0]!.last <= done)
      this.#settledBytes = this.#frames.shift()!.sentBytes;
  }

  /** Goes back to `from`; the byte counter becomes the sum of the frames that ended below it. */
  rewind({ from, code }: Nack): void {
    while (this.#frames.length > 0 && this.#frames.at(-1)!.last >= from) this.#frames.pop();
    this.sentBytes = this.#frames.at(-1)?.sentBytes ?? this.#settledBytes;
    this.next = from;
    if (code === 'over_credit') this.awaitsAck = true;
  }
}
