/**
 * The end of one partition's stream, read once for all who follow it. A ring keeps what was read last, decoded; who has fallen behind it
 * reads the log for itself until it has caught up. Nothing is read while nobody waits for it.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Block } from './block.ts';
import type { LogSource } from './source.ts';

const READ_BYTES = 128 * 1024;
const WAIT_MS = 10_000;
/** A wait that ends sooner says that there is something; if there is nothing to read then, either it is gone or not there quite yet. */
const AT_ONCE_MS = 5;
const PAUSE_MS = 10;
/** Events ahead of what was read, from which on a reader is not waited for. */
const FAR = 5_000;

export interface TailReader {
  /** There is more to `find`. */
  wake(): void;
  /** The log cannot be read. */
  fail(error: unknown): void;
}

export class PartitionTail {
  private readonly source: LogSource;
  private readonly partition: number;
  private readonly ringBytes: number;
  /** Without gaps between them: each block's `from` follows on the one before. */
  private ring: Block[] = [];
  private bytes = 0;
  /** The position after the ring; null while nobody ever followed. */
  private next: number | null = null;
  private readonly readers = new Set<TailReader>();
  private running = false;
  private waiting: AbortController | null = null;

  constructor(source: LogSource, partition: number, ringBytes: number) {
    this.source = source;
    this.partition = partition;
    this.ringBytes = ringBytes;
  }

  /** The block that covers the position; `end` where it was not read yet, `behind` where it left the ring. */
  find(position: number): Block | 'end' | 'behind' {
    if (this.next === null || position >= this.next) return 'end';
    let low = 0;
    let high = this.ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ring[middle]!.last < position) low = middle + 1;
      else high = middle;
    }
    const block = this.ring[low];
    return block && block.from <= position ? block : 'behind';
  }

  /** Where the ring begins; Infinity while nobody ever followed. */
  get start(): number {
    return this.ring[0]?.from ?? this.next ?? Number.POSITIVE_INFINITY;
  }

  /** Reads on from the position and wakes the reader when there is something, until it leaves. */
  follow(reader: TailReader, position: number): void {
    // Who is far ahead is at the end of the log: the others read for themselves what lies between. Who is a little ahead waits.
    const ahead = this.next === null ? Number.POSITIVE_INFINITY : position - this.next;
    if (ahead > FAR || (ahead > 0 && this.readers.size === 0)) this.jump(position);
    this.readers.add(reader);
    if (!this.running) void this.run();
  }

  leave(reader: TailReader): void {
    if (this.readers.delete(reader) && this.readers.size === 0) this.waiting?.abort();
  }

  private jump(position: number): void {
    this.next = position;
    this.ring = [];
    this.bytes = 0;
    for (const reader of this.readers) reader.wake();
    this.waiting?.abort();
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (this.readers.size > 0) await this.step(this.next!);
    } catch (error) {
      const failed = [...this.readers];
      this.readers.clear();
      for (const reader of failed) reader.fail(error);
    } finally {
      this.running = false;
    }
  }

  private async step(from: number): Promise<void> {
    const blocks = await this.source.read(this.partition, from, READ_BYTES);
    if (this.next === from && blocks.length === 0) return this.wait(from);
    await this.take(from, blocks);
  }

  private async take(from: number, blocks: readonly Block[]): Promise<void> {
    if (this.next !== from) return;
    for (const block of blocks) {
      this.ring.push(block);
      this.bytes += block.bytes;
    }
    this.next = blocks.at(-1)!.last + 1;
    this.trim(blocks.length);
    for (const reader of [...this.readers]) reader.wake();
    // They eat before more is read.
    await nextTurn();
  }

  private async wait(from: number): Promise<void> {
    const waiting = new AbortController();
    this.waiting = waiting;
    const { log, stream } = this.source;
    const began = performance.now();
    await log.wait(stream, this.partition, from - 1, WAIT_MS, waiting.signal);
    this.waiting = null;
    if (waiting.signal.aborted || performance.now() - began > AT_ONCE_MS) return;
    await this.lookAgain(from);
  }

  private async lookAgain(from: number): Promise<void> {
    const blocks = await this.source.read(this.partition, from, READ_BYTES);
    if (blocks.length > 0) return this.take(from, blocks);
    const gone = await this.source.gone(this.partition, from);
    if (gone) await this.take(from, [gone]);
    else await sleep(PAUSE_MS);
  }

  /** What was just read stays, however large. */
  private trim(newest: number): void {
    let gone = 0;
    while (this.bytes > this.ringBytes && this.ring.length - gone > newest) this.bytes -= this.ring[gone++]!.bytes;
    if (gone > 0) this.ring.splice(0, gone);
  }
}
