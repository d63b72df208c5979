/**
 * Decode and validate alone, in one thread of a process of its own: msgpackr reads the frames' events, the zod schema judges each. The libraries as they
 * come, whatever Gapless does instead; the bytes are those that the generator sends.
 */
import type { Unpackr } from 'msgpackr/unpack';
import { eventSchema } from '../../protocol/events.ts';
import { built } from '../../server/installation.ts';
import { asMsgpack, planEvents } from '../generator/events.ts';
import type { EventPlan } from '../generator/plan.ts';
import { Child } from '../harness/child.ts';

const EVENTS_PER_FRAME = 50;
const CONNECTIONS = 64;

/** Events per second, measured for so many ms after as many of warm-up. */
export async function decodeAndValidate(events: EventPlan, ms: number): Promise<number> {
  const child = Child.node([built('loadtest/limits/decode-validate-process.js'), JSON.stringify(events), String(ms)]);
  const code = await child.end();
  const rate = Number(child.stdout);
  if (code !== 0 || !(rate > 0)) throw new Error(`decode + validate ended with ${code}:\n${child.tail}`);
  return rate;
}

/** Of all connections in turn, as their frames would come in. */
export function framesOf(events: EventPlan): Uint8Array[] {
  const of = planEvents(events);
  const frames: Uint8Array[] = [];
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const { bytes, offsets, count } = asMsgpack(of(connection));
    for (let at = 0; at + EVENTS_PER_FRAME <= count; at += EVENTS_PER_FRAME) {
      frames.push(bytes.subarray(offsets[at]!, offsets[at + EVENTS_PER_FRAME]!));
    }
  }
  return frames;
}

/** Throws where an event is not valid. Answers how many it were. */
export function decodeAndValidateFrame(unpackr: Unpackr, frame: Uint8Array): number {
  const events = unpackr.unpackMultiple(frame) as unknown[];
  for (const event of events) {
    const result = eventSchema.safeParse(event);
    if (!result.success) throw result.error;
  }
  return events.length;
}
