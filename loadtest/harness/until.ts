import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 10;

/** Asks again and again until the answer is there. Throws with `what` after `mostMs`. */
export async function until<T>(what: string, mostMs: number, ask: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = performance.now() + mostMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${mostMs / 1000} s`);
    await delay(LOOK_MS);
  }
}
