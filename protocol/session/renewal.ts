/** When a connection's token is to be replaced: well before it expires, and never so often that the server objects. Times are ms. */

/** Of the time that a token has left. */
const USED_SHARE = 0.8;
/** Between two tries; a server takes 10 in a minute. */
const AGAIN_MS = 10_000;

export class TokenRenewal {
  /** On the session's clock; Infinity where the token does not expire. */
  dueAt = Number.POSITIVE_INFINITY;
  /** From the session's clock to the server's time. */
  #offset = 0;
  #triedAt = Number.NEGATIVE_INFINITY;

  /** WELCOME came. `expires` is by the server's time. */
  welcomed(serverTime: number, expires: number | undefined, now: number): void {
    this.#offset = serverTime - now;
    this.#triedAt = Number.NEGATIVE_INFINITY;
    this.#plan(expires ?? null, now);
  }

  /** AUTHENTICATED came. */
  authenticated(expires: number | null, now: number): void {
    this.#plan(expires, now);
  }

  /** A new token is being asked for. If nothing comes of it, it is tried again. */
  tried(now: number): void {
    this.#triedAt = now;
    this.dueAt = now + AGAIN_MS;
  }

  #plan(expires: number | null, now: number): void {
    const left = expires === null ? Number.POSITIVE_INFINITY : expires - this.#offset - now;
    this.dueAt = Math.max(now + left * USED_SHARE, this.#triedAt + AGAIN_MS);
  }
}
