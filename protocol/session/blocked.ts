/** Whether events wait for credit, for how long they have, and when the server is to be told again. Pure. */
import { BLOCKED_INTERVAL_MS } from '../limits.ts';

/** Blocked again with nothing under way: BLOCKED is not a repeat then, but it stays far below the limit on control frames. */
const ANEW_MS = 50;

export class Blocked {
  /** Events wait and credit does not let the next one go. */
  is = false;
  #since = 0;
  #beforeMs = 0;
  #saidAt = Number.NEGATIVE_INFINITY;
  #publishedSince = false;

  /** A new connection: nothing was said on it. */
  connected(): void {
    this.#saidAt = Number.NEGATIVE_INFINITY;
  }

  begin(now: number): void {
    if (this.is) return;
    this.is = true;
    this.#since = now;
  }

  end(now: number): void {
    if (!this.is) return;
    this.is = false;
    this.#beforeMs += now - this.#since;
  }

  /** A frame goes out. */
  published(now: number): void {
    this.end(now);
    this.#publishedSince = true;
  }

  /** The server knows: it was told, or said itself that credit does not reach. */
  known(now: number): void {
    this.#saidAt = now;
    this.#publishedSince = false;
  }

  /** When the server is to be told, ms. `inFlight`: events that an ACK will come for. */
  dueAt(inFlight: number): number {
    const anew = this.#publishedSince && inFlight === 0;
    return this.#saidAt + (anew ? ANEW_MS : BLOCKED_INTERVAL_MS);
  }

  /** How long events have waited, ms in all. */
  ms(now: number): number {
    return this.#beforeMs + (this.is ? now - this.#since : 0);
  }
}
