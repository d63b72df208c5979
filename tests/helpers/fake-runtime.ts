/** Clocks and timers that a test moves. */
import type { Runtime } from '../../client/types.ts';

export class FakeRuntime implements Runtime {
  #now = 1_000;
  #timers = new Map<number, { at: number; callback: () => void }>();
  #ids = 0;
  /** What `random` gives. */
  dice = 1;

  now = (): number => this.#now;
  wallClock = (): number => 1_700_000_000_000 + this.#now;
  random = (): number => this.dice;

  setTimeout = (callback: () => void, ms: number): number => {
    const id = ++this.#ids;
    this.#timers.set(id, { at: this.#now + ms, callback });
    return id;
  };

  clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as number);
  };

  /** When the next timers ring, ms from now, rising. */
  pending(): number[] {
    return [...this.#timers.values()].map(({ at }) => at - this.#now).sort((a, b) => a - b);
  }

  /** Time passes; what is due rings in its order. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      const [id, { at, callback }] = due;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, at);
      callback();
    }
    this.#now = until;
  }
}
