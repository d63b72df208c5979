/** Bad events mixed in: which of a plan's events are spoilt, how, and what a server must say of them. */
import type { PlannedEvent } from '../generator/events.ts';
import type { EventPlan } from '../generator/plan.ts';
import { Random } from '../listeners/random.ts';

interface Spoilt {
  event: Record<string, unknown>;
  code: string;
}

const WAYS: readonly ((event: PlannedEvent) => Spoilt)[] = [
  (event) => ({ event: { ...event, type: 'no_such_type' }, code: 'unknown_type' }),
  (event) => ({ event: { ...event, surprise: 1 }, code: 'unknown_field' }),
  ({ user_id: _, ...event }) => ({ event, code: 'missing_field' }),
  (event) => ({ event: { ...event, timestamp: 'yesterday' }, code: 'invalid_field' }),
  (event) => ({ event: { ...event, user_id: '' }, code: 'invalid_field' }),
];

/** For each distinct event of a connection: in which way it is spoilt, 0 for not at all. */
export function spoiltOnes({ seed, perConnection, badShare = 0 }: EventPlan, connection: number): Uint8Array {
  const random = new Random(seed, connection, 0xbad);
  return Uint8Array.from({ length: perConnection }, () =>
    random.chance(badShare) ? 1 + random.int(0, WAYS.length - 1) : 0,
  );
}

/** `way` as `spoiltOnes` has it, from 1. */
export function spoil(event: PlannedEvent, way: number): Spoilt {
  return WAYS[way - 1]!(event);
}
