/**
 * Hands lines to a file descriptor without waiting for it, and never holds more than a bound. The stream that comes with pino does
 * nearly the same, but its `flushSync`, which pino also calls at the end of the process, never returns once the reader has gone away or
 * does not read.
 */
import { write, writeSync } from 'node:fs';

export interface LogWriter {
  write(line: string): void;
  /** Writes what waits before it returns, or gives up on it after half a second. Never throws. */
  flush(): void;
  /** Lines that were not written: the buffer was full, or the descriptor failed. */
  dropped(): number;
}

const RETRY_MS = 100;
const FLUSH_TRIES = 10;
const FLUSH_PAUSE_MS = 50;

export function createLogWriter(fd: number, maxChars: number): LogWriter {
  let waiting: string[] = [];
  let waitingChars = 0;
  /** What was handed on last. `writing`: the system has it. `full`: the system did not take it, it is tried again. */
  let batch: { bytes: Buffer; at: number; lines: number } | null = null;
  let state: 'idle' | 'writing' | 'full' = 'idle';
  let timer: NodeJS.Timeout | undefined;
  let dropped = 0;

  function next(): void {
    batch = takeWaiting();
    state = 'idle';
    if (batch) hand();
  }

  function takeWaiting() {
    if (waiting.length === 0) return null;
    const taken = { bytes: Buffer.from(waiting.join('')), at: 0, lines: waiting.length };
    waiting = [];
    waitingChars = 0;
    return taken;
  }

  function hand(): void {
    const mine = batch!;
    state = 'writing';
    write(fd, mine.bytes, mine.at, (error, written) => {
      if (error && isFull(error)) {
        state = 'full';
        timer = setTimeout(hand, RETRY_MS);
        timer.unref();
        return;
      }
      mine.at += written;
      if (error) dropped += mine.lines;
      else if (mine.at < mine.bytes.length) return hand();
      next();
    });
  }

  return {
    write(line) {
      if (waitingChars + line.length > maxChars) {
        dropped++;
        return;
      }
      waiting.push(line);
      waitingChars += line.length;
      if (state === 'idle') next();
    },

    flush() {
      // What the system has in hand cannot be taken back; what it refused goes first.
      if (state === 'full') {
        clearTimeout(timer);
        if (!writeNow(batch!)) dropped += batch!.lines;
        state = 'idle';
        batch = null;
      }
      const rest = takeWaiting();
      if (rest && !writeNow(rest)) dropped += rest.lines;
    },

    dropped: () => dropped,
  };

  function writeNow(part: { bytes: Buffer; at: number }): boolean {
    for (let tries = 0; tries < FLUSH_TRIES; ) {
      try {
        part.at += writeSync(fd, part.bytes, part.at);
        if (part.at === part.bytes.length) return true;
      } catch (error) {
        if (!isFull(error as NodeJS.ErrnoException)) return false;
        tries++;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FLUSH_PAUSE_MS);
      }
    }
    return false;
  }
}

function isFull({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN' || code === 'EBUSY';
}
