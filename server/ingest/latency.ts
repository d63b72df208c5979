/** A latency as two moving averages, a short one against a long one: how storage does now, against how it usually does. */
const SHORT = 0.2;
const LONG = 0.005;

export class Latency {
  /** Seconds. */
  short = 0;
  long = 0;
  private samples = 0;
  private fresh = false;

  observe(seconds: number): void {
    this.samples++;
    this.fresh = true;
    // While there are few samples both are plain averages, so that the first ones do not weigh too much.
    this.short += (seconds - this.short) * Math.max(SHORT, 1 / this.samples);
    this.long += (seconds - this.long) * Math.max(LONG, 1 / this.samples);
  }

  /**
   * Told regularly while nothing is under way. What nobody measured since the last time says less and less of how it is now: otherwise one slow
   * append could keep out the very requests that would show that storage is well again.
   */
  rest(): void {
    if (!this.fresh) this.short *= 1 - SHORT;
    this.fresh = false;
  }
}
