/** Latencies in a histogram with three significant digits. */
import { build, type Histogram } from 'hdr-histogram-js';
import type { Percentiles } from './plan.ts';

const MICROSECONDS = 1000;
const MOST_US = 600_000_000;

export class Latencies {
  private readonly histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MOST_US,
    numberOfSignificantValueDigits: 3,
  });

  record(ms: number): void {
    this.histogram.recordValue(Math.min(MOST_US, Math.max(1, Math.round(ms * MICROSECONDS))));
  }

  /** ms below which so many per cent lie. */
  at(percentile: number): number {
    return this.histogram.getValueAtPercentile(percentile) / MICROSECONDS;
  }

  summary(): Percentiles {
    const at = (percentile: number) => this.histogram.getValueAtPercentile(percentile) / MICROSECONDS;
    const { totalCount: count, maxValue } = this.histogram;
    return { count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: maxValue / MICROSECONDS };
  }
}
