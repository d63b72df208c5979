/**
 * The last words of a page that may end: what is not settled, as one request for `POST /v1/beacon`. Its events have the numbers that they
 * have on the socket, so whatever comes twice, over whichever way, is stored once.
 */
import type { ClientCodec } from '../protocol/codec.ts';
import { BEACON_MAX_BYTES, PATH, WINDOW_CAP } from '../protocol/limits.ts';
import type { ClientSession } from '../protocol/session/client.ts';
import { utf8Length } from '../protocol/utf8.ts';

const BEACON_PATH = '/v1/beacon';

export interface Beacon {
  body: string;
  /** The number of its last event. */
  last: number;
}

/** Where beacons go: beside the stream. null where the stream has another path than the usual. */
export function beaconUrl(streamUrl: string): string | null {
  const url = new URL(streamUrl);
  if (!url.pathname.endsWith(PATH)) return null;
  url.protocol = url.protocol.replace('ws', 'http');
  url.pathname = url.pathname.slice(0, -PATH.length) + BEACON_PATH;
  return url.href;
}

/**
 * As much from the first number on as a beacon holds: a later part could not be taken without it. null if there is nothing.
 * `all`: also what is not yet durable; otherwise up to there.
 */
export function beaconOf<T>(
  { producer, epoch, outbox }: ClientSession<T>,
  codec: ClientCodec,
  opening: { token?: string; context?: unknown; clock: number },
  all: boolean,
): Beacon | null {
  const { done } = outbox;
  const head = `${JSON.stringify({ ...opening, producer, epoch, first: done + 1, done }).slice(0, -1)},"events":[`;
  const events: string[] = [];
  // The closing brackets.
  let bytes = utf8Length(head) + 2;
  while (outbox.holds === 0 && events.length < WINDOW_CAP.events) {
    const entry = outbox.at(done + events.length + 1);
    if (!entry || !(all || entry.durable)) break;
    const event = codec.eventJson(entry);
    bytes += utf8Length(event) + 1;
    if (bytes > BEACON_MAX_BYTES) break;
    events.push(event);
  }
  return events.length === 0 ? null : { body: `${head}${events.join()}]}`, last: done + events.length };
}
