/**
 * The session that a listener is in: `SessionState` of states.ts. Another session id begins a new session, unless the event is older than
 * the session under way: what an older session sends late does not disturb it. A rating, which has no session, counts for the one under
 * way.
 */
import { FormatError } from '../../format/bytes.ts';
import type { Activity } from './activity.ts';
import { type RecordReader, recordCodec } from './record-bytes.ts';
import type { SessionItem, SessionState } from './states.ts';

export const SESSION_ITEMS_MAX = 50;

const SKIPPED = 0;
const PLAYED = 0.5;
const HEARD = 1;

export function newSession(): SessionState {
  return { id: null, startedAt: 0, lastAt: 0, position: 0, skipsInARow: 0, items: [] };
}

export function foldSession(state: SessionState, { at, signal }: Activity): void {
  if (signal === null) return;
  const { session, kind, track } = signal;
  const known = session === undefined || session === state.id;
  if ((!known || session === undefined) && state.id !== null && at < state.startedAt) return;
  if (!known) Object.assign(state, newSession(), { id: session, startedAt: at });

  // What comes late within the session does not say how it stands now.
  if (at >= state.lastAt) {
    if (kind === 'skip') state.skipsInARow++;
    else if (kind === 'listen' || kind === 'complete') state.skipsInARow = 0;
    state.lastAt = at;
  }
  switch (kind) {
    case 'play':
      addTrack(state, { track, at, weight: PLAYED });
      break;
    case 'skip':
      end(state, track, at, SKIPPED);
      break;
    case 'listen':
    case 'complete':
      end(state, track, at, HEARD);
      break;
    case 'like':
      rate(state, track, HEARD);
      break;
    case 'dislike':
      // Also of a track that was not played: it must not be recommended.
      if (!rate(state, track, SKIPPED)) insert(state.items, { track, at, weight: SKIPPED, rated: true });
      break;
  }
}

/** A play has ended; of a client that does not tell when it begins, this is all there is. */
function end(state: SessionState, track: string, at: number, weight: number): void {
  const item = state.items.findLast((played) => played.track === track && played.at <= at);
  if (!item) addTrack(state, { track, at, weight });
  else if (!item.rated) item.weight = weight;
}

/** False if the session does not have the track. */
function rate({ items }: SessionState, track: string, weight: number): boolean {
  let found = false;
  for (const item of items) {
    if (item.track !== track) continue;
    item.weight = weight;
    item.rated = true;
    found = true;
  }
  return found;
}

function addTrack(state: SessionState, item: SessionItem): void {
  state.position++;
  insert(state.items, item);
}

/** By event time; the oldest goes where there are too many. */
function insert(items: SessionItem[], item: SessionItem): void {
  let index = items.length;
  while (index > 0 && items[index - 1]!.at > item.at) index--;
  items.splice(index, 0, item);
  if (items.length > SESSION_ITEMS_MAX) items.shift();
}

const WEIGHTS = [SKIPPED, PLAYED, HEARD] as const;
const RATED = WEIGHTS.length;

/**
 * As bytes, numbers as varints: version 1, 0 for no id or 1 and the id, startedAt, lastAt, position, skipsInARow, number of items, and for
 * each its track, event time, and weight (0, 1, 2 for 0, 0.5, 1; 3 more if rated).
 */
export const sessionCodec = recordCodec<SessionState>(
  1,
  newSession,
  ({ id, startedAt, lastAt, position, skipsInARow, items }, out) => {
    out.varint(id === null ? 0 : 1);
    if (id !== null) out.text(id);
    out.varint(startedAt);
    out.varint(lastAt);
    out.varint(position);
    out.varint(skipsInARow);
    out.varint(items.length);
    for (const { track, at, weight, rated } of items) {
      out.text(track);
      out.varint(at);
      out.varint(weight * 2 + (rated ? RATED : 0));
    }
  },
  (from) => ({
    id: from.upTo(1, 'mark of an id') === 1 ? from.text() : null,
    startedAt: from.varint(),
    lastAt: from.varint(),
    position: from.varint(),
    skipsInARow: from.varint(),
    items: Array.from({ length: from.upTo(SESSION_ITEMS_MAX, 'number of items') }, () => readItem(from)),
  }),
);

function readItem(from: RecordReader): SessionItem {
  const item: SessionItem = { track: from.text(), at: from.varint(), weight: 0 };
  const code = from.varint();
  const weight = WEIGHTS[code % RATED];
  if (weight === undefined || code >= 2 * RATED) throw new FormatError('not a weight');
  item.weight = weight;
  if (code >= RATED) item.rated = true;
  return item;
}
