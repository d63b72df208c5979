/** Looks at a server at a fixed interval for as long as a scenario wants: finer than the runner's once a second, and with more of its metrics. */
import type { Running } from '../contenders/contender.ts';
import type { Samples } from './exposition.ts';
import { residentBytes } from './proc.ts';

export interface Look {
  /** ms of this process's steady clock. */
  at: number;
  residentBytes: number;
  /** Null where the server did not answer, or has no metrics. */
  metrics: Samples | null;
}

export class Watch {
  readonly looks: Look[] = [];
  private readonly running: Running;
  private readonly timer: NodeJS.Timeout;
  private asking = false;

  constructor(running: Running, everyMs = 100) {
    this.running = running;
    this.timer = setInterval(() => void this.look(), everyMs);
    // A scenario that breaks off does not come to stop it.
    this.timer.unref();
  }

  private async look(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const at = performance.now();
      const resident = residentBytes(this.running.server!.pid);
      // Memory counts also while the server is too busy to answer.
      const look: Look = { at, residentBytes: resident, metrics: null };
      this.looks.push(look);
      look.metrics = await this.running.metrics();
    } catch {
      // It is gone for the moment.
    } finally {
      this.asking = false;
    }
  }

  /** The most, or the least, of something; of the looks from a time on. 0 where nothing is known. */
  most(of: (look: Look) => number | undefined, from = 0): number {
    return Math.max(0, ...this.values(of, from));
  }

  values(of: (look: Look) => number | undefined, from = 0): number[] {
    return this.looks.flatMap((look) => {
      const value = look.at >= from ? of(look) : undefined;
      return value === undefined ? [] : [value];
    });
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Sizes of the credit that is granted or unsettled. */
export function creditBytes({ metrics }: Look): number | undefined {
  return metrics
    ? metrics.get('gapless_credit_granted_bytes') + metrics.get('gapless_credit_outstanding_bytes')
    : undefined;
}
