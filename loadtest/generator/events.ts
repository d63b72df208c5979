/** The events that a connection sends, encoded beforehand, so that generating them costs nothing while it is measured. */
import { codecFor } from '../../protocol/wire.ts';
import { type Catalogue, listeners, makeCatalogue } from '../listeners/index.ts';
import type { EventPlan } from './plan.ts';

/** Busy people: so many sessions a day that their events lie close together. */
const SESSIONS_PER_DAY = 200;
const COMMA = Buffer.from(',');
const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);
const msgpack = codecFor('gapless.v1.msgpack');

/** Encoded events one after another: event i stands from `offsets[i]` up to `offsets[i + 1]`, less the separator. */
export interface EncodedEvents {
  bytes: Buffer;
  offsets: Uint32Array;
  /** Bytes between two events. */
  separator: number;
  count: number;
}

export type PlainEvent = Record<string, unknown>;
export type PlannedEvent = PlainEvent & { user_id: string };

/** What connections share, so that making many of them is cheap. */
export function planEvents(plan: EventPlan): (connection: number) => PlannedEvent[] {
  const catalogue: Catalogue = makeCatalogue({ seed: plan.seed, tracks: 5000 });
  return (connection) => {
    const options = { seed: plan.seed, users: 1, firstUser: connection, sessionsPerDay: SESSIONS_PER_DAY, catalogue };
    const events: PlannedEvent[] = [];
    for (const { event } of listeners({ ...options, startMs: plan.startMs })) {
      events.push(event);
      if (events.length >= plan.perConnection) break;
    }
    return events;
  };
}

/** As a PUBLISH holds them. */
export function asMsgpack(events: readonly PlainEvent[]): EncodedEvents {
  return join(
    events.map((event) => msgpack.encodeEvent(event).data as Uint8Array),
    NOTHING,
  );
}

/** As an array's text holds them. */
export function asJson(events: readonly PlainEvent[]): EncodedEvents {
  return join(
    events.map((event) => Buffer.from(JSON.stringify(event))),
    COMMA,
  );
}

/** One a line. */
export function asLines(events: readonly PlainEvent[]): EncodedEvents {
  return join(
    events.map((event) => Buffer.from(JSON.stringify(event))),
    NEWLINE,
  );
}

function join(parts: readonly Uint8Array[], separator: Buffer): EncodedEvents {
  const offsets = new Uint32Array(parts.length + 1);
  for (const [i, part] of parts.entries()) offsets[i + 1] = offsets[i]! + part.length + separator.length;
  const bytes = Buffer.concat(parts.flatMap((part) => [part, separator]));
  return { bytes, offsets, separator: separator.length, count: parts.length };
}
