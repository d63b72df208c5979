/** How good a model's lists were. */
import { build, type Histogram } from 'hdr-histogram-js';

export interface ModelResult {
  model: string;
  predictions: number;
  /** HR: the share of predictions whose list has the track that came next. */
  hitRate: number;
  /** MRR: the mean of 1 / place of that track, 0 where the list does not have it. */
  reciprocalRank: number;
  /** The share of all tracks of the log that stood in a list at least once. */
  coverage: number;
  /** Time of one prediction. */
  meanMicros: number;
  p95Micros: number;
}

export class Tally {
  readonly model: string;
  private predictions = 0;
  private hits = 0;
  private reciprocal = 0;
  private readonly listed = new Set<string>();
  private readonly micros: Histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });

  constructor(model: string) {
    this.model = model;
  }

  add(list: readonly string[], next: string, ms: number): void {
    this.predictions++;
    const place = list.indexOf(next);
    if (place >= 0) {
      this.hits++;
      this.reciprocal += 1 / (place + 1);
    }
    for (const track of list) this.listed.add(track);
    this.micros.recordValue(Math.max(1, Math.round(ms * 1000)));
  }

  result(tracks: number): ModelResult {
    const share = (value: number, of: number): number => (of === 0 ? 0 : value / of);
    return {
      model: this.model,
      predictions: this.predictions,
      hitRate: share(this.hits, this.predictions),
      reciprocalRank: share(this.reciprocal, this.predictions),
      coverage: share(this.listed.size, tracks),
      meanMicros: this.predictions === 0 ? 0 : this.micros.mean,
      p95Micros: this.predictions === 0 ? 0 : this.micros.getValueAtPercentile(95),
    };
  }
}
