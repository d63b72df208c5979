/**
 * Latest values that wait to be sent: of each key only the newest. Keys wait in the order in which they came; a newer value takes the
 * place of the one that waits, so that a busy key neither overtakes the others nor starves. Pure.
 *
 * Values of a key leave in the order of their versions: what is not newer than what left before is dropped. That is remembered for as
 * many keys as may wait.
 */
import { CONFLATED_KEYS_MAX } from '../limits.ts';

export interface Waiting<T> {
  key: string;
  version: number;
  value: T;
}

export class Conflation<T> {
  private readonly waiting = new Map<string, Waiting<T>>();
  /** Key -> version that left last, the latest at the end. */
  private readonly left = new Map<string, number>();
  private readonly most: number;
  private gone = 0;

  constructor(most = CONFLATED_KEYS_MAX) {
    this.most = most;
  }

  get size(): number {
    return this.waiting.size;
  }

  /** True if it waits now. */
  put(key: string, version: number, value: T): boolean {
    const before = this.waiting.get(key)?.version ?? this.left.get(key) ?? Number.NEGATIVE_INFINITY;
    if (version <= before) return false;
    this.waiting.set(key, { key, version, value });
    if (this.waiting.size > this.most) {
      this.waiting.delete(this.waiting.keys().next().value!);
      this.gone++;
    }
    return true;
  }

  /** The one that waits longest; it stays. */
  peek(): Waiting<T> | undefined {
    return this.waiting.values().next().value;
  }

  /** The one that waits longest leaves. */
  shift(): Waiting<T> | undefined {
    const first = this.peek();
    if (!first) return undefined;
    const { key, version } = first;
    this.waiting.delete(key);
    this.left.delete(key);
    this.left.set(key, version);
    if (this.left.size > this.most) this.left.delete(this.left.keys().next().value!);
    return first;
  }

  /** How many had to go because too many waited, since the last call. */
  takeSkipped(): number {
    const skipped = this.gone;
    this.gone = 0;
    return skipped;
  }
}
