/** When frames were taken that no ACK covers yet: what the latency of a connection is measured by. Times are ms of any steady clock. */
export class Unanswered {
  /** Oldest first. Those of one millisecond count as one, which is covered when all of them are. */
  private readonly frames: { last: number; at: number }[] = [];

  /** A frame was taken whose last number is `last`. */
  take(last: number, at: number): void {
    const latest = this.frames.at(-1);
    if (latest && at - latest.at < 1) latest.last = Math.max(latest.last, last);
    else this.frames.push({ last, at });
  }

  /** Everything up to `done` is answered. When the oldest frame was taken that this covers; null where it covers none. */
  answer(done: number): number | null {
    const [oldest] = this.frames;
    if (!oldest || oldest.last > done) return null;
    const left = this.frames.findIndex(({ last }) => last > done);
    this.frames.splice(0, left < 0 ? this.frames.length : left);
    return oldest.at;
  }
}
