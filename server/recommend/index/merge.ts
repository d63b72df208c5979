/**
 * The log's entries of all partitions in the order of their times, as far as they stand there now: sessions of one partition must not
 * count as more recent than those of another only because they are read later.
 */
import type { ReadItem } from '../../../format/model.ts';
import type { EventLog } from '../../log/port.ts';

/** Of all partitions together, read ahead. */
const AHEAD_BYTES = 16 * 1024 * 1024;
const LARGEST_READ_BYTES = 1024 * 1024;
const SMALLEST_READ_BYTES = 64 * 1024;

/** What lies in (from, to] of a partition, read ahead by one read. */
class Source {
  readonly partition: number;
  private readonly log: Pick<EventLog, 'read'>;
  private readonly maxBytes: number;
  private readonly to: number;
  private next: number;
  private items: ReadItem[] = [];
  private at = 0;
  private ahead: Promise<ReadItem[]> | null = null;

  constructor(log: Pick<EventLog, 'read'>, partition: number, from: number, to: number, maxBytes: number) {
    this.log = log;
    this.partition = partition;
    this.next = from + 1;
    this.to = to;
    this.maxBytes = maxBytes;
    this.readAhead();
  }

  private readAhead(): void {
    if (this.next > this.to) return;
    this.ahead = this.log.read('events', this.partition, this.next, this.maxBytes);
    // Whoever takes it hears of the error.
    this.ahead.catch(() => {});
  }

  /** Fetches what was read ahead if nothing is left; false at the end. */
  async fill(): Promise<boolean> {
    while (this.at >= this.items.length) {
      if (!this.ahead) return false;
      this.items = await this.ahead;
      this.ahead = null;
      this.at = 0;
      // Retention may have taken what was there.
      if (this.items.length === 0) return false;
      this.next = this.items.at(-1)!.last + 1;
      this.readAhead();
    }
    return true;
  }

  get isEmpty(): boolean {
    return this.at >= this.items.length;
  }

  /** Entries that are damaged have no time of their own: they go at once. */
  get time(): number {
    const item = this.items[this.at]!;
    return item.status === 'intact' ? item.created : 0;
  }

  take(): ReadItem {
    const item = this.items[this.at]!;
    this.items[this.at++] = undefined as never;
    return item;
  }
}

/** From behind `from` up to `to`, both by partition. Throws LogError; what was not yielded is then to be read again. */
export async function* mergedEntries(
  log: Pick<EventLog, 'read'>,
  from: readonly number[],
  to: readonly number[],
): AsyncGenerator<ReadItem, void> {
  const maxBytes = Math.max(SMALLEST_READ_BYTES, Math.min(LARGEST_READ_BYTES, AHEAD_BYTES / from.length));
  let sources = from.map((position, partition) => new Source(log, partition, position, to[partition]!, maxBytes));
  const filled = await Promise.all(sources.map((source) => source.fill()));
  sources = sources.filter((_, partition) => filled[partition]);
  while (sources.length > 0) {
    let oldest = sources[0]!;
    for (const source of sources) if (source.time < oldest.time) oldest = source;
    yield oldest.take();
    if (oldest.isEmpty && !(await oldest.fill())) sources = sources.filter((source) => source !== oldest);
  }
}
