/** How many events each request of a connection holds, reproducible. */
import { WINDOW_CAP } from '../../protocol/limits.ts';
import { Random } from '../listeners/random.ts';
import type { HttpPlan } from './plan.ts';

/** The most that the server takes in one request. */
export const MOST_EVENTS = WINDOW_CAP.events;
const MIXED = [1, 0.1, 1, 4];

export function sizesOf(
  plan: Pick<HttpPlan, 'eventsPerRequest' | 'sizes' | 'events'>,
  connection: number,
): () => number {
  const { eventsPerRequest, sizes, events } = plan;
  if (sizes === 'fixed') return () => eventsPerRequest;
  const random = new Random(events.seed, connection, 0x512e);
  const choices = MIXED.map((factor, i) => (i === 0 ? 1 : Math.round(eventsPerRequest * factor)));
  const possible = choices.map((size) => Math.min(MOST_EVENTS, Math.max(1, size)));
  return () => random.pick(possible);
}
