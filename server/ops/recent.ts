/** What happened since it was last asked, for the statistics of each second. Latencies in ms. */
import { build, type Histogram } from 'hdr-histogram-js';
import type { Quantiles } from '../feeds/figures.ts';

export interface Recent {
  received: number;
  stored: number;
  duplicates: number;
  rejected: number;
  /** By `EVENT_KINDS`. */
  byKind: Record<string, number>;
  rejectedByCode: Record<string, number>;
  ackMs: Quantiles;
  commitMs: Quantiles;
  slabEvents: Quantiles;
}

/** Microseconds, or events: the histograms count whole numbers. */
const LARGEST = 60_000_000;

export class RecentHappenings {
  private counts = newCounts();
  private readonly ack = histogram();
  private readonly commit = histogram();
  private readonly slab = histogram();

  received(events: number): void {
    this.counts.received += events;
  }
  stored(events: number): void {
    this.counts.stored += events;
  }
  duplicates(events: number): void {
    this.counts.duplicates += events;
  }

  rejected(code: string, events: number): void {
    this.counts.rejected += events;
    this.counts.rejectedByCode[code] = (this.counts.rejectedByCode[code] ?? 0) + events;
  }

  kind(kind: string, events: number): void {
    this.counts.byKind[kind] = (this.counts.byKind[kind] ?? 0) + events;
  }

  ackLatency(seconds: number): void {
    record(this.ack, seconds * 1e6);
  }
  commitLatency(seconds: number): void {
    record(this.commit, seconds * 1e6);
  }
  slabOf(events: number): void {
    record(this.slab, events);
  }

  /** What happened since the last call; then everything begins at zero. */
  take(): Recent {
    const recent = {
      ...this.counts,
      ackMs: quantiles(this.ack, 1000),
      commitMs: quantiles(this.commit, 1000),
      slabEvents: quantiles(this.slab, 1),
    };
    this.counts = newCounts();
    return recent;
  }
}

function newCounts() {
  return {
    received: 0,
    stored: 0,
    duplicates: 0,
    rejected: 0,
    byKind: {} as Record<string, number>,
    rejectedByCode: {} as Record<string, number>,
  };
}

function histogram(): Histogram {
  return build({ highestTrackableValue: LARGEST, numberOfSignificantValueDigits: 2, bitBucketSize: 32 });
}

function record(histogram: Histogram, value: number): void {
  histogram.recordValue(Math.min(LARGEST, Math.max(0, Math.round(value))));
}

function quantiles(histogram: Histogram, unit: number): Quantiles {
  const at = (percentile: number) =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / unit;
  const result = { p50: at(50), p95: at(95), p99: at(99), max: at(100) };
  histogram.reset();
  return result;
}
