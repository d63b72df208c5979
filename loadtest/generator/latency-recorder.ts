/** Latencies twice: by the second in which the answer came, and of everything that was due in the measured time, whenever it was answered. */
import { Latencies } from './percentiles.ts';

export class LatencyRecorder {
  readonly measured = new Latencies();
  private readonly second = new Latencies();
  private from = Number.POSITIVE_INFINITY;
  private to = Number.POSITIVE_INFINITY;

  begin(): void {
    this.from = performance.now();
  }

  end(): void {
    this.to = performance.now();
  }

  /** It was due in the measured time. */
  counts(dueAt: number): boolean {
    return dueAt >= this.from && dueAt < this.to;
  }

  record(dueAt: number, now: number): void {
    const ms = now - dueAt;
    this.second.record(ms);
    if (this.counts(dueAt)) this.measured.record(ms);
  }

  /** What was answered since the last call, encoded; undefined if that was nothing. */
  takeSecond(): string | undefined {
    if (this.second.count === 0) return undefined;
    const encoded = this.second.encoded();
    this.second.reset();
    return encoded;
  }
}
