/** Readers of one process that wait for a partition's stream to grow. */
import type { Stream } from '../../format/model.ts';

export class Waiters {
  private readonly waiting = new Map<string, Set<() => void>>();

  /** Resolves at the next `wake` of the stream, when `signal` aborts, or after `maxWaitMs`. */
  wait(stream: Stream, partition: number, maxWaitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const key = `${stream}/${partition}`;
    const set = this.waiting.get(key) ?? new Set();
    this.waiting.set(key, set);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        set.delete(done);
        resolve();
      };
      const timer = setTimeout(done, maxWaitMs);
      signal.addEventListener('abort', done);
      set.add(done);
    });
  }

  wake(stream: Stream, partition: number): void {
    for (const done of [...(this.waiting.get(`${stream}/${partition}`) ?? [])]) done();
  }

  wakeAll(): void {
    for (const set of this.waiting.values()) for (const done of [...set]) done();
  }
}
