/** Promises that wait for one condition: all of them are answered together. */
export class Waiters<T> {
  #waiting: { resolve: (value: T) => void; reject: (error: Error) => void }[] = [];

  wait(): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  resolve(value: T): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.resolve(value);
  }

  reject(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) waiter.reject(error);
  }
}
