/** Puts what an earlier process left into a session's outbox. */

import type { ClientCodec } from '../protocol/codec.ts';
import type { ClientSession } from '../protocol/session/client.ts';
import type { Entry } from '../protocol/session/outbox.ts';
import { mergeContext } from './context.ts';
import { ClientError } from './error.ts';
import type { ClientEvent, OutboxEntry, StoredOutbox } from './types.ts';

/**
 * Takes over identity, numbers and events. Kept events belong to the context they were made under: where that is another one now, it is
 * written into them, and they come back in `rewritten`. Throws ClientError `bad_option` if the store belongs to another producer.
 */
export function restore<T>(
  kept: StoredOutbox,
  session: ClientSession<T | null>,
  wanted: { producer?: string; context?: Record<string, unknown> },
  codec: ClientCodec,
): { rewritten: OutboxEntry[] } {
  if (wanted.producer !== undefined && kept.producer !== undefined && wanted.producer !== kept.producer) {
    throw new ClientError('bad_option', `the store holds the outbox of ${kept.producer}, not of ${wanted.producer}`);
  }
  // Without an identity nothing was ever sent; the events then belong to whoever the session is.
  session.producer = kept.producer ?? session.producer;
  session.epoch = kept.epoch ?? session.epoch;
  session.attempt = kept.attempt ?? session.attempt;

  const old = JSON.stringify(kept.context) === JSON.stringify(wanted.context) ? undefined : kept.context;
  const rewritten: OutboxEntry[] = [];
  const entries: Entry<T | null>[] = [];
  const add = (event: ClientEvent | null): void => {
    const { data, bytes } = codec.encodeEvent(event);
    entries.push({ data, bytes, tag: null, durable: true, dropped: event === null });
  };
  for (const { seq, event } of kept.entries) {
    while (kept.done + entries.length + 1 < seq) add(null);
    const whole = event && old ? mergeContext(event, old) : event;
    if (whole !== event) rewritten.push({ seq, event: whole });
    add(whole);
  }
  while (kept.done + entries.length + 1 < kept.nextSeq) add(null);
  session.outbox.restore(kept.done, entries);
  return { rewritten };
}
