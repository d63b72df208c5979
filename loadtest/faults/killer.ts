/** Kills something at random moments for as long as something else goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../listeners/random.ts';

const SOONEST_MS = 500;
const LATEST_MS = 3_000;

/**
 * `strike` kills and starts anew; it is called at random intervals until `until` is settled, at most `most` times, and never after that.
 * Answers how often. What `until` resolves with or throws is its owner's business; what `strike` throws comes out here.
 */
export async function keepKilling(
  random: Random,
  until: Promise<unknown>,
  strike: () => Promise<void>,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const over = new AbortController();
  const end = () => over.abort();
  until.then(end, end);
  for (let kills = 0; ; kills++) {
    if (kills >= most) return kills;
    await delay(random.between(SOONEST_MS, LATEST_MS), undefined, { signal: over.signal }).catch(() => undefined);
    if (over.signal.aborted) return kills;
    await strike();
  }
}
