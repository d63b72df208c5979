/** Counts what may happen only so often in a time: strikes, control frames, token renewals. Times are ms. */
export class RateLimit {
  private readonly most: number;
  private readonly windowMs: number;
  /** Made at the first one: most connections never need it. */
  private times: number[] | null = null;

  /** Reaching `most` within `windowMs` is too much. */
  constructor(most: number, windowMs: number) {
    this.most = most;
    this.windowMs = windowMs;
  }

  /** Counts one. True if that was one too many. */
  hit(now: number): boolean {
    this.times ??= [];
    while (this.times.length > 0 && this.times[0]! <= now - this.windowMs) this.times.shift();
    this.times.push(now);
    return this.times.length >= this.most;
  }
}
