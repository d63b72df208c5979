/**
 * Waiting for new entries by XREAD BLOCK. A blocked connection serves nobody else, so each stream that somebody waits for has one of its own,
 * opened when it is first needed.
 */
import type { Redis } from 'ioredis';
import { call } from '../../redis/client.ts';
import { positionOf } from './reader.ts';

/** How long one XREAD blocks, ms. Nothing depends on it but how soon a dead connection is noticed. */
export const BLOCK_MS = 5_000;
/** After trouble, waiting readers look for themselves after this time. */
const TROUBLE_PAUSE_MS = 250;

interface Waiter {
  position: number;
  wake: () => void;
}

export class StreamWatch {
  private readonly key: string;
  /** A new connection to the node that has the stream. */
  private readonly open: () => Promise<Redis>;
  private readonly waiters = new Set<Waiter>();
  private connection: Redis | null = null;
  /** The position that the XREAD under way waits behind; null while there is none. */
  private blockedBehind: number | null = null;
  private running = false;
  private closed = false;

  constructor(key: string, open: () => Promise<Redis>) {
    this.key = key;
    this.open = open;
  }

  /** Resolves when there may be something behind the position, when the signal aborts, or in time. */
  wait(position: number, maxWaitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.closed) return Promise.resolve();
    // The XREAD under way would not see what lies before its own position: let the caller look.
    if (this.blockedBehind !== null && position < this.blockedBehind) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.waiters.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const waiter: Waiter = { position, wake };
      const timer = setTimeout(wake, maxWaitMs);
      signal.addEventListener('abort', wake, { once: true });
      this.waiters.add(waiter);
      if (!this.running) void this.run();
    });
  }

  close(): void {
    this.closed = true;
    this.drop();
    this.wakeBefore(Infinity);
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.waiters.size > 0 && !this.closed) {
      try {
        this.wakeBefore(await this.block());
      } catch {
        this.drop();
        await new Promise((resolve) => setTimeout(resolve, TROUBLE_PAUSE_MS).unref());
        this.wakeBefore(Infinity);
      }
    }
    this.running = false;
  }

  /** The position of an entry behind what the waiters know; 0 if there is none after a while. */
  private async block(): Promise<number> {
    const connection = await this.connect();
    const behind = Math.min(...[...this.waiters].map(({ position }) => position));
    this.blockedBehind = behind;
    try {
      const answer = await call(connection, 'xread', 'COUNT', 1, 'BLOCK', BLOCK_MS, 'STREAMS', this.key, `${behind}-0`);
      const streams = answer as [key: Buffer, entries: [id: Buffer, fields: Buffer[]][]][] | null;
      return streams ? positionOf(streams[0]![1][0]![0]) : 0;
    } finally {
      this.blockedBehind = null;
    }
  }

  private async connect(): Promise<Redis> {
    this.connection ??= await this.open();
    if (!this.closed) return this.connection;
    this.drop();
    throw new Error('closed');
  }

  private wakeBefore(position: number): void {
    for (const waiter of [...this.waiters]) if (waiter.position < position) waiter.wake();
  }

  private drop(): void {
    this.connection?.disconnect();
    this.connection = null;
  }
}
