/** What scenarios have in common. */
import type { EventPlan } from '../generator/plan.ts';

const DAY_MS = 86_400_000;
export const DRAIN_MS = 20_000;

/** Connections, windows and compiled code settle before anything is measured. */
export function warmUpMs(short: boolean): number {
  return short ? 1_000 : 3_000;
}

/** Events of a month ago, so that none is too old or in the future while the run lasts. */
export function eventsOf(seed: number, perConnection = 100): EventPlan {
  return { seed, perConnection, startMs: Date.now() - 30 * DAY_MS };
}
