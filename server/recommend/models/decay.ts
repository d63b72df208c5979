/**
 * Exponential decay without touching what is not changed: an event at time t counts 2^((t - landmark) / halfLife), a weight that grows with
 * time, instead of everything older being made smaller. Sums of such weights are in proportion to decayed sums at any moment, in whatever
 * order events come. (Forward decay: Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009.)
 */
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** From here on the landmark moves and all sums are scaled down, so that numbers of 32 bits never overflow. */
const MAX_EXPONENT = 60;

export class ForwardDecay {
  readonly halfLifeMs: number;
  private landmark = Number.NaN;
  private readonly rescale: (factor: number) => void;

  /** `rescale` multiplies every sum that was made with these weights. */
  constructor(halfLifeMs: number, rescale: (factor: number) => void) {
    this.halfLifeMs = halfLifeMs;
    this.rescale = rescale;
  }

  /** What an event at that time counts. It may rescale the sums, so ask before you read one. */
  weight(at: number): number {
    if (Number.isNaN(this.landmark)) this.landmark = at;
    const exponent = (at - this.landmark) / this.halfLifeMs;
    if (exponent <= MAX_EXPONENT) return 2 ** exponent;
    this.landmark = at;
    this.rescale(2 ** -exponent);
    return 1;
  }

  /** What turns a sum into its decayed value at that time: how many events of that very moment it is worth. */
  factor(at: number): number {
    return Number.isNaN(this.landmark) ? 1 : 2 ** -((at - this.landmark) / this.halfLifeMs);
  }

  save(writer: SnapshotWriter): void {
    writer.number(this.landmark);
  }

  load(reader: SnapshotReader): void {
    this.landmark = reader.number();
  }
}
