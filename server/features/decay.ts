/**
 * Exponentially decayed sums. With half-life h, an event of weight w at time t counts w * 2^(-(T - t) / h) when read at time T.
 *
 * A sum is kept as of t0, the latest event time seen: a later event first decays the sum up to its own time, an earlier (late) one adds
 * what is left of it at t0. Both are the same sum, so the order of events does not matter (but for rounding, about 1e-16 an event).
 * After Cormode, Shkapenyuk, Srivastava and Xu, "Forward decay" (ICDE 2009), with a landmark that moves so that nothing overflows.
 */
import type { Weight } from './states.ts';

/** What is left of 1 after `elapsedMs`, at least 0. */
export function remaining(elapsedMs: number, halfLifeMs: number): number {
  return 2 ** (-elapsedMs / halfLifeMs);
}

/** Adds `amount` at event time `at`. A sum that holds nothing yet may have any time. */
export function addDecayed(sum: Weight, amount: number, at: number, halfLifeMs: number): void {
  if (sum.value === 0) {
    sum.value = amount;
    sum.at = at;
  } else if (at > sum.at) {
    sum.value = sum.value * remaining(at - sum.at, halfLifeMs) + amount;
    sum.at = at;
  } else {
    sum.value += amount * remaining(sum.at - at, halfLifeMs);
  }
}

/** The sum as of `at`; as of its latest event if that is later: what came after an edge cannot be taken out again. */
export function decayedAt(sum: Weight, at: number, halfLifeMs: number): number {
  return at > sum.at ? sum.value * remaining(at - sum.at, halfLifeMs) : sum.value;
}
