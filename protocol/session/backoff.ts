/** How long to wait before the next try: anything up to a ceiling that doubles with every try ("full jitter"). */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  #tries = 0;

  constructor(minMs = 500, maxMs = 20_000) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  /** ms; `random` is from 0 to 1. */
  next(random: number): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** this.#tries);
    if (ceiling < this.#maxMs) this.#tries++;
    return random * ceiling;
  }

  /** The connection was of use. */
  reset(): void {
    this.#tries = 0;
  }
}
