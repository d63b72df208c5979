/** Which frames are timed: one of so many stands for all. Reading the clock three times more is a twentieth of receiving a frame of one event. */
export const SAMPLED = 16;

export class Sample {
  private frames = 0;

  /** Whether the next frame is timed; the very first one is. */
  next(): boolean {
    return this.frames++ % SAMPLED === 0;
  }
}
