/** What kinds of events a slab held, for the statistics: interactions by their action, the others by their type. */
import { ACTIONS, EVENT_TYPES } from '../protocol/events.ts';
import type { Job } from './job.ts';

export const EVENT_KINDS: readonly string[] = [
  ...ACTIONS,
  ...EVENT_TYPES.filter((type) => type !== 'user_interaction'),
  'recommendation_served',
];

const INDEX = new Map(EVENT_KINDS.map((kind, index) => [kind, index]));

/** The index of an action or a type. */
export function kindOf(name: unknown): number | undefined {
  return INDEX.get(name as string);
}

/** How many of each kind are not rejected, in the order of `EVENT_KINDS`. */
export function countKinds(jobs: readonly Job[]): number[] {
  const counts = new Array<number>(EVENT_KINDS.length).fill(0);
  for (let i = 0; i < jobs.length; i++) {
    const { facts, rejected } = jobs[i]!;
    if (facts && !rejected && facts.kind >= 0) counts[facts.kind]!++;
  }
  return counts;
}
