/** The last half minute of the outbox and of credit, for small pictures. Pure. */
import type { ClientStats } from '../../../index.ts';

export interface Sample {
  /** Without an answer: in the outbox, sent or not. */
  pending: number;
  /** Of those, sent on this connection. */
  inFlight: number;
  /** How many the server lets this client have under way; 0 where there is no connection. */
  window: number;
}

export const SAMPLE_MS = 100;
export const SAMPLES = 300;

/** A connection that is gone has granted nothing. */
export function sampleOf({ state, pending, inFlight, limit, done }: ClientStats): Sample {
  return state === 'open'
    ? { pending, inFlight, window: Math.max(0, limit - done) }
    : { pending, inFlight: 0, window: 0 };
}

export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples, sample].slice(-SAMPLES);
}

/** Points of a line in a box of `SAMPLES` by 100, the newest at the right. */
export function points(values: readonly number[], highest: number): string {
  return values
    .map((value, i) => `${SAMPLES - values.length + i},${(100 - (100 * value) / Math.max(1, highest)).toFixed(1)}`)
    .join(' ');
}
