/** Logs that storage does not answer, without a line for every time it is asked again. */
import type { Logger } from '../ops/logger.ts';

const QUIET_MS = 5_000;
/** After trouble things count as troubled for this long. */
const TROUBLED_MS = 2_000;

export class TroubleLog {
  private readonly logger: Logger;
  private lastAt = -Infinity;
  private loggedAt = -Infinity;
  private unlogged = 0;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  readonly note = (error: unknown): void => {
    this.lastAt = performance.now();
    if (this.lastAt - this.loggedAt < QUIET_MS) {
      this.unlogged++;
      return;
    }
    this.logger.warn({ err: error, unlogged: this.unlogged }, 'storage does not answer the processor; it asks again');
    this.loggedAt = this.lastAt;
    this.unlogged = 0;
  };

  get troubled(): boolean {
    return performance.now() - this.lastAt < TROUBLED_MS;
  }
}
