/** Those who wait for one condition: all of them are answered together. */
interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

export class Waiters<T> {
  #waiting = new Set<Waiter<T>>();

  wait(): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.add({ resolve, reject }));
  }

  /** Returns what ends the waiting. */
  add(waiter: Waiter<T>): () => void {
    this.#waiting.add(waiter);
    return () => this.#waiting.delete(waiter);
  }

  resolve(value: T): void {
    for (const waiter of this.#take()) waiter.resolve(value);
  }

  reject(error: Error): void {
    for (const waiter of this.#take()) waiter.reject(error);
  }

  #take(): Set<Waiter<T>> {
    const waiting = this.#waiting;
    if (waiting.size > 0) this.#waiting = new Set();
    return waiting;
  }
}
