/** What scenarios have in common. */
import type { EventPlan } from '../generator/plan.ts';

const DAY_MS = 86_400_000;
export const DRAIN_MS = 20_000;

/** Connections, windows and compiled code settle before anything is measured. */
export function warmUpMs(short: boolean): number {
  return short ? 1_000 : 3_000;
}

/** The same for all loads of a run: producers that come back in a later one must go on with the same events. */
const START_MS = Date.now() - 30 * DAY_MS;

/** Events of a month ago, so that none is too old or in the future while the run lasts. */
export function eventsOf(seed: number, perConnection = 100): EventPlan {
  return { seed, perConnection, startMs: START_MS };
}
