/** Follows a partition's stream: what is there from a position on, then what comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadItem, Stream } from '../../format/model.ts';
import type { EventLog, LogWaker } from './port.ts';

export interface TailSettings {
  /** Bytes to read at a time; default 256 KiB. */
  maxBytes?: number;
  /** How long to wait before looking again where the log cannot wake its readers; default 50 ms. */
  pollMs?: number;
}
/** How long one wait lasts where the log wakes its readers; afterwards the reader looks for itself. */
const WAIT_MS = 10_000;

/** Ends when `signal` aborts; throws LogError as `read` does, `closed` if the log closes meanwhile. */
export async function* tail(
  log: Pick<EventLog, 'read'> & Partial<LogWaker>,
  stream: Stream,
  partition: number,
  from: number,
  signal: AbortSignal,
  { maxBytes = 256 * 1024, pollMs = 50 }: TailSettings = {},
): AsyncGenerator<ReadItem, void> {
  let next = from;
  while (!signal.aborted) {
    const items = await log.read(stream, partition, next, maxBytes);
    for (const item of items) {
      if (signal.aborted) return;
      yield item;
      next = item.last + 1;
    }
    if (items.length > 0) continue;
    if (log.wait) await log.wait(stream, partition, next - 1, WAIT_MS, signal);
    else await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
}
