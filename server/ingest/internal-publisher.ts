/**
 * Stores events that the server itself makes: judged, encoded and committed like any other, each a frame of its own, so that its verdict is
 * its own. Only the pool is left out (`Ingest.takeHere`).
 *
 * They stand outside of the clients' credit budget and have a small reserve instead: clients can never use it up, and when storage
 * stalls it bounds what the server adds itself. Their producer's name holds a dot, which no client's can.
 */
import { pack } from '../../format/msgpack.ts';
import type { SlabSource } from '../../workers/slab.ts';
import type { InternalEvent } from '../processor/port.ts';
import { Copy } from './arena.ts';
import type { Verdicts } from './desk.ts';
import type { Ingest } from './ingest.ts';
import { Lanes } from './lanes.ts';

export type StoreInternalEvent = (event: InternalEvent) => Promise<'stored' | 'duplicate'>;

/**
 * `overloaded`: the reserve is used up, nothing was taken. `unavailable`: storage did not answer, it may stand; repeat it with the same
 * id. `invalid`: it is not what its type should be.
 */
export class InternalEventError extends Error {
  override readonly name = 'InternalEventError';
  readonly code: 'overloaded' | 'unavailable' | 'invalid';
  constructor(code: InternalEventError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

export interface InternalPublisherParts {
  ingest: Ingest;
  /** How long an event waits for its verdict, ms. */
  timeoutMs: number;
  /** Bytes of events without a verdict. */
  reserveBytes?: number;
}

/**
 * So long at least the log remembers ids, whatever `GAPLESS_DEDUP_WINDOW` says: an event of the server is made again within seconds, by
 * a processor that took over from another, and must then stand once.
 */
export const CLAIM_MS = 10 * 60_000;

export const INTERNAL_RESERVE_BYTES = 2 * 1024 * 1024;
const PRODUCER_PREFIX = 'gapless.internal.';

export function createInternalPublisher(parts: InternalPublisherParts): StoreInternalEvent {
  const { ingest, timeoutMs, reserveBytes = INTERNAL_RESERVE_BYTES } = parts;
  const lanes = new Lanes(ingest, 1, PRODUCER_PREFIX);
  let held = 0;

  /** The verdict, or null when it takes too long or will never be known. */
  function inTime(verdicts: Promise<Verdicts | null>): Promise<Verdicts | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs, null);
      void verdicts.then(resolve).finally(() => clearTimeout(timer));
    });
  }

  return async ({ tenant, ...event }) => {
    const bytes = pack(event);
    if (held + bytes.length > reserveBytes) throw new InternalEventError('overloaded', 'too many events wait');
    held += bytes.length;
    const { id, desk, source, first } = lanes.reserve(1);
    const settled = desk.verdicts(first, 1);
    void settled.then(() => {
      held -= bytes.length;
    });
    const sender: SlabSource = { ...id, tenant, internal: true };
    const copy = Copy.of(bytes);
    const frame = { format: 'msgpack', copy, first, count: 1, skip: 0, receivedAt: Date.now(), sender } as const;
    ingest.takeHere(source, frame);
    const verdicts = await inTime(settled);
    if (!verdicts) throw new InternalEventError('unavailable', 'storage does not answer');
    const [rejection] = verdicts.rejected;
    if (rejection) throw new InternalEventError('invalid', `${rejection[1]} at ${rejection[2]}: ${rejection[3]}`);
    return verdicts.duplicates > 0 ? 'duplicate' : 'stored';
  };
}
