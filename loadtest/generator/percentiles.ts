/** Latencies in a histogram with three significant digits. Histograms of several processes are merged; percentiles cannot be. */
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
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

  get count(): number {
    return this.histogram.totalCount;
  }

  /** ms below which so many per cent lie. */
  at(percentile: number): number {
    return this.histogram.getValueAtPercentile(percentile) / MICROSECONDS;
  }

  summary(): Percentiles {
    const at = (percentile: number) => this.at(percentile);
    const { totalCount: count, maxValue } = this.histogram;
    return { count, p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: maxValue / MICROSECONDS };
  }

  /** For another process. */
  encoded(): string {
    return encodeIntoCompressedBase64(this.histogram);
  }

  /** Adds what another process recorded. */
  merge(encoded: string): void {
    this.histogram.add(decodeFromCompressedBase64(encoded));
  }

  reset(): void {
    this.histogram.reset();
  }
}
