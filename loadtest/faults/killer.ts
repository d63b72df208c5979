/** Kills something again and again, at random moments, for as long as something else goes on. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../listeners/random.ts';

export interface Killing {
  random: Random;
  /** Over when it is settled. What it resolves with or throws is its owner's business. */
  until: Promise<unknown>;
  /** Kills and starts anew. What it throws comes out. */
  strike(): Promise<void>;
  /** How far the work has come; may begin at 0 again after a strike. Rejects while nobody can tell. */
  progress(): Promise<number>;
  /** What is done between two strikes: one that came before anything was done again would only keep everybody waiting. */
  between: { least: number; most: number };
}

const LOOK_MS = 20;

/** Answers how often it struck; never after `until` is settled. */
export async function keepKilling({ random, until, strike, progress, between }: Killing): Promise<number> {
  const over = new AbortController();
  const end = () => over.abort();
  until.then(end, end);
  for (let kills = 0; ; kills++) {
    const step = random.between(between.least, between.most);
    let from = Number.POSITIVE_INFINITY;
    for (let done = 0; done < step && !over.signal.aborted; ) {
      await delay(LOOK_MS, undefined, { signal: over.signal }).catch(() => undefined);
      const now = await progress().catch(() => null);
      if (now === null) continue;
      from = Math.min(from, now);
      done = now - from;
    }
    if (over.signal.aborted) return kills;
    await strike();
  }
}
