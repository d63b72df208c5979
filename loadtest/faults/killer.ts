/** Kills something at random moments for as long as something else goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../listeners/random.ts';

export interface Interval {
  soonestMs: number;
  latestMs: number;
}

/**
 * `strike` kills and starts anew; it is called at random intervals until `until` is settled, and never after that. Answers how often. What
 * `until` resolves with or throws is its owner's business; what `strike` throws comes out here.
 */
export async function keepKilling(
  random: Random,
  until: Promise<unknown>,
  strike: () => Promise<void>,
  { soonestMs, latestMs }: Interval,
): Promise<number> {
  const over = new AbortController();
  const end = () => over.abort();
  until.then(end, end);
  for (let kills = 0; ; kills++) {
    await delay(random.between(soonestMs, latestMs), undefined, { signal: over.signal }).catch(() => undefined);
    if (over.signal.aborted) return kills;
    await strike();
  }
}
