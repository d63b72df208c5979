/**
 * Which entries a retention policy lets go: the oldest of each partition, from its beginning, never from its middle. Pure; it reads
 * entries lazily, no more than it lets go and one of each partition.
 */
import type { RetentionPolicy } from './port.ts';

/** An entry in storage; `created` is null where it is damaged: then it is as old as the next whole one. */
export interface OldEntry {
  last: number;
  created: number | null;
  bytes: number;
}
/** A partition's stream: position of its first entry, bytes of all of them, and the entries themselves in order. */
export interface OldStream {
  partition: number;
  first: number;
  bytes: number;
  entries: Iterable<OldEntry>;
}
/** Entries of a partition that may go: the first ones, up to and including the one under the position `upTo`. */
export interface Cut {
  partition: number;
  upTo: number;
  lasts: number[];
  events: number;
  bytes: number;
}

/** At most `limit` entries at a time; where that many came back, there may be more. */
export function planTrim(policy: RetentionPolicy, streams: readonly OldStream[], limit = Infinity): Cut[] {
  const heads = streams.map((stream) => new Head(stream, policy.keepFrom?.[stream.partition] ?? Infinity));
  let left = limit;
  try {
    for (const head of heads) {
      for (; left > 0 && head.created < (policy.before ?? -Infinity); left--) head.take();
    }
    let excess = streams.reduce((sum, { bytes }) => sum + bytes, 0) - (policy.maxBytes ?? Infinity);
    for (const { cut } of heads) excess -= cut.bytes;
    for (; left > 0 && excess > 0; left--) {
      const oldest = heads.filter((head) => head.mayGo).reduce(older, undefined);
      if (!oldest) break;
      excess -= oldest.take();
    }
  } finally {
    for (const head of heads) head.done();
  }
  return heads.map(({ cut }) => cut).filter(({ lasts }) => lasts.length > 0);
}

function older(a: Head | undefined, b: Head): Head {
  return a && a.created <= b.created ? a : b;
}

/** The oldest entry of a partition that is not let go yet. */
class Head {
  readonly cut: Cut;
  private readonly entries: Iterator<OldEntry & { created: number }>;
  private readonly keepFrom: number;
  private entry: (OldEntry & { created: number }) | undefined;

  constructor({ partition, first, entries }: OldStream, keepFrom: number) {
    this.cut = { partition, upTo: first - 1, lasts: [], events: 0, bytes: 0 };
    this.entries = datedByNext(entries);
    this.keepFrom = keepFrom;
    this.next();
  }

  private next(): void {
    const result = this.entries.next();
    this.entry = result.done ? undefined : result.value;
  }

  get mayGo(): boolean {
    return this.entry !== undefined && this.entry.last < this.keepFrom;
  }

  /** When its entry was made; Infinity where none may go. */
  get created(): number {
    return this.entry && this.mayGo ? this.entry.created : Infinity;
  }

  /** Lets the entry go and gives its bytes. */
  take(): number {
    const { last, bytes } = this.entry!;
    this.cut.events += last - this.cut.upTo;
    this.cut.upTo = last;
    this.cut.lasts.push(last);
    this.cut.bytes += bytes;
    this.next();
    return bytes;
  }

  done(): void {
    this.entries.return?.();
  }
}

/** Damaged entries get the time of the next whole one; at the very end they count as made in the farthest future. */
function* datedByNext(entries: Iterable<OldEntry>): Generator<OldEntry & { created: number }> {
  const damaged: OldEntry[] = [];
  for (const entry of entries) {
    const { created } = entry;
    if (created === null) {
      damaged.push(entry);
      continue;
    }
    for (const earlier of damaged.splice(0)) yield { ...earlier, created };
    yield { ...entry, created };
  }
  for (const earlier of damaged) yield { ...earlier, created: Number.MAX_VALUE };
}
