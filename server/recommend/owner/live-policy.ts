/**
 * When is the list of an open session due again. Pure: times are handed in, ms of any clock that never goes back.
 *
 * 1. After the first look at once.
 * 2. A change that comes after QUIET_MS without one makes a list due at once.
 * 3. Any other change makes it due GAP_MS after the last one was begun.
 * 4. Between a change and the beginning of the next list there are never more than GAP_MS.
 */
export const QUIET_MS = 300;
export const GAP_MS = 300;

export class LivePolicy {
  private due: number | null;
  private changedAt = Number.NEGATIVE_INFINITY;
  private begunAt = Number.NEGATIVE_INFINITY;

  constructor(now: number) {
    this.due = now;
  }

  /** When the next list is to be begun; null while nothing has changed. */
  get dueAt(): number | null {
    return this.due;
  }

  /** The listener did something that may change the list. */
  changed(now: number): void {
    const quiet = now - this.changedAt >= QUIET_MS;
    this.changedAt = now;
    const due = quiet ? now : Math.max(now, this.begunAt + GAP_MS);
    this.due = Math.min(this.due ?? due, due);
  }

  /** A list is being made of everything that changed so far. */
  begun(now: number): void {
    this.due = null;
    this.begunAt = now;
  }

  /** It could not be made. */
  failed(retryAt: number): void {
    this.due ??= retryAt;
  }
}
