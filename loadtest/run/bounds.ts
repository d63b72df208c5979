/** Ends a run that goes on for too long or sends too much, whatever its scenario does. */
import type { Timeline } from './timeline.ts';

export interface BoundsOptions {
  mostMs: number;
  /** Acknowledged. */
  mostEvents: number;
}

export const DEFAULT_BOUNDS: BoundsOptions = { mostMs: 600_000, mostEvents: 50_000_000 };

const LOOK_MS = 500;
/** What is under way may be drained so long; a scenario that has not ended then is left behind. */
const GRACE_MS = 120_000;

export class Bounds {
  /** Aborts when the run must end. */
  readonly signal: AbortSignal;
  /** Why it aborted. */
  reason: string | null = null;
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private readonly startedAt = performance.now();
  private readonly overdue: Promise<never>;
  private grace: NodeJS.Timeout | undefined;

  constructor({ mostMs, mostEvents }: BoundsOptions, timeline: () => Timeline, graceMs = GRACE_MS) {
    this.signal = this.controller.signal;
    this.timer = setInterval(() => {
      const ms = performance.now() - this.startedAt;
      if (ms > mostMs) this.end(`it was ended because it took longer than ${mostMs / 1000} s`);
      else if (timeline().acknowledged > mostEvents) this.end(`it was ended after ${mostEvents} events`);
    }, LOOK_MS);
    this.overdue = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => {
        this.grace = setTimeout(() => reject(new Error(`${this.reason}, and did not end by itself`)), graceMs);
      });
    });
    this.overdue.catch(() => undefined);
  }

  private end(reason: string): void {
    this.reason ??= reason;
    this.controller.abort();
  }

  /** What `work` answers; rejects where it goes on long after its end. */
  within<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.overdue]);
  }

  release(): void {
    clearInterval(this.timer);
    clearTimeout(this.grace);
  }
}
