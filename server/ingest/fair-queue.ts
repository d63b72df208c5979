/**
 * Whose frames go next: who was served the least lately. So a source that sends little waits for nobody's backlog, and those that always
 * wait are served alike. Decay-usage scheduling (Hellerstein, "Achieving service rate objectives with decay usage scheduling", 1993); what
 * was served is forgotten by half for each `HALF_LIFE_BYTES` that anybody is served. Sums are kept by forward decay (`features/decay.ts`),
 * here as logarithms, so that the order of those who wait never changes and nothing overflows.
 */
import TinyQueue from 'tinyqueue';

/** What the queue keeps with whom it serves. */
export interface Served {
  /** Base-2 logarithm of the bytes it was served, each byte doubled for every half-life before it. */
  served: number;
}
export const SERVED_NOTHING = Number.NEGATIVE_INFINITY;

const HALF_LIFE_BYTES = 8 * 1024 * 1024;

interface Waiting<T> {
  /** Among equals who came first. */
  order: number;
  who: T;
}

export class FairQueue<T extends Served> {
  private readonly queue = new TinyQueue<Waiting<T>>([], byTurn);
  private order = 0;
  /** Bytes that were served in all. */
  private total = 0;

  get length(): number {
    return this.queue.length;
  }

  push(who: T): void {
    this.queue.push({ order: this.order++, who });
  }

  /** Who is next, and stays. */
  peek(): T | undefined {
    return this.queue.peek()?.who;
  }

  /** Base-2 logarithm of the bytes that it was served, as much of them as is remembered. A power for each frame would be a thirtieth of receiving it. */
  remembered({ served }: T): number {
    return served - this.total / HALF_LIFE_BYTES;
  }

  pop(): T | undefined {
    return this.queue.pop()?.who;
  }

  /** Call while it does not wait: those who wait stand in their order. */
  charge(who: T, bytes: number): void {
    if (bytes <= 0) return;
    this.total += bytes;
    who.served = addLogarithms(who.served, Math.log2(bytes) + this.total / HALF_LIFE_BYTES);
  }
}

function byTurn<T extends Served>(a: Waiting<T>, b: Waiting<T>): number {
  return a.who.served === b.who.served ? a.order - b.order : a.who.served - b.who.served;
}

/** log2(2^a + 2^b) */
function addLogarithms(a: number, b: number): number {
  const [less, more] = a < b ? [a, b] : [b, a];
  return more + Math.log2(1 + 2 ** (less - more));
}
