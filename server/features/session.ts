/**
 * The session that a listener is in: `SessionState` of states.ts. Another session id begins a new session, unless the event is older than
 * the session under way: what an older session sends late does not disturb it. Who listens on two devices has two sessions that take
 * turns: the one that was left stays beside for half an hour, and is gone on with where it was. A rating, which has no session, counts for
 * the one under way.
 */
import { type ByteWriter, FormatError } from '../../format/bytes.ts';
import type { RecordCodec } from '../processor/projection.ts';
import type { Activity } from './activity.ts';
import { type RecordReader, recordCodec } from './record-bytes.ts';
import type { Signal } from './signal.ts';
import type { Listening, SessionItem, SessionState } from './states.ts';

export const SESSION_ITEMS_MAX = 50;
const OTHERS_MAX = 2;
const OTHERS_MS = 30 * 60_000;

const SKIPPED = 0;
const PLAYED = 0.5;
const HEARD = 1;

export function newSession(): SessionState {
  return { underWay: listening(null, 0), others: [] };
}

function listening(id: string | null, startedAt: number): Listening {
  return { id, startedAt, lastAt: 0, position: 0, skipsInARow: 0, items: [] };
}

export function foldSession(state: SessionState, { at, signal }: Activity): void {
  if (signal === null) return;
  const listening = sessionOf(state, signal.session, at);
  if (listening) foldSignal(listening, signal, at);
}

/** Which session an event of this session id belongs to; null for none that matters any more. */
function sessionOf(state: SessionState, id: string | undefined, at: number): Listening | null {
  const { underWay, others } = state;
  if (id === underWay.id) return underWay;
  const other = id === undefined ? undefined : others.find((one) => one.id === id);
  if (other && at < underWay.lastAt) return other;
  if (!other && underWay.id !== null && at < underWay.startedAt) return null;
  if (id !== undefined) turnTo(state, other ?? listening(id, at), at);
  return state.underWay;
}

/** `next` is under way from now on; what was stays beside it for a while. */
function turnTo(state: SessionState, next: Listening, at: number): void {
  const left = [state.underWay, ...state.others];
  const beside = left.filter(({ id, lastAt }) => id !== null && id !== next.id && lastAt > at - OTHERS_MS);
  state.underWay = next;
  state.others = beside.slice(0, OTHERS_MAX);
}

function foldSignal(state: Listening, { kind, track }: Signal, at: number): void {
  // What comes late within the session does not say how it stands now.
  if (at >= state.lastAt) {
    if (kind === 'skip') state.skipsInARow++;
    else if (kind === 'listen' || kind === 'complete') state.skipsInARow = 0;
    state.lastAt = at;
  }
  switch (kind) {
    case 'play':
      if (!playOn(state, track, at)) addTrack(state, newItem(track, at, PLAYED));
      break;
    case 'pause':
      pause(state, track, at);
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
      if (!rate(state, track, SKIPPED)) insert(state.items, newItem(track, at, SKIPPED, true));
      break;
  }
}

function pause({ items }: Listening, track: string, at: number): void {
  const item = items.findLast((played) => played.at <= at);
  if (item?.track === track && item.weight === PLAYED && !item.rated) item.paused = true;
}

/** False where it is a new play. */
function playOn({ items }: Listening, track: string, at: number): boolean {
  const item = items.findLast((played) => played.at <= at);
  if (item?.track !== track || !item.paused) return false;
  item.paused = false;
  return true;
}

/** A play has ended; of a client that does not tell when it begins, this is all there is. */
function end(state: Listening, track: string, at: number, weight: number): void {
  const item = state.items.findLast((played) => played.track === track && played.at <= at);
  if (!item) return addTrack(state, newItem(track, at, weight));
  if (!item.rated) item.weight = weight;
  item.paused = false;
}

/** False if the session does not have the track. */
function rate({ items }: Listening, track: string, weight: number): boolean {
  let found = false;
  for (const item of items) {
    if (item.track !== track) continue;
    item.weight = weight;
    item.rated = true;
    item.paused = false;
    found = true;
  }
  return found;
}

function addTrack(state: Listening, item: SessionItem): void {
  state.position++;
  insert(state.items, item);
}

function newItem(track: string, at: number, weight: SessionItem['weight'], rated = false): SessionItem {
  return { track, at, weight, rated, paused: false };
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
const PAUSED = 2 * RATED;

/**
 * As bytes, numbers as varints: version 2, 0 for no id or 1 and the id, startedAt, lastAt, position, skipsInARow, number of items, and for
 * each its track, event time, and weight (0, 1, 2 for 0, 0.5, 1; 3 more if rated; 6 for 0.5 and paused). Then the
 * number of others, and each as above; version 1 ends before that.
 */
const current = recordCodec<SessionState>(
  2,
  newSession,
  ({ underWay, others }, out) => {
    write(underWay, out);
    out.varint(others.length);
    for (const other of others) write(other, out);
  },
  (from) => {
    const underWay = read(from);
    return { underWay, others: Array.from({ length: from.upTo(OTHERS_MAX, 'number of others') }, () => read(from)) };
  },
);
/** Without others. */
const first = recordCodec<SessionState>(
  1,
  newSession,
  ({ underWay }, out) => write(underWay, out),
  (from) => ({ underWay: read(from), others: [] }),
);

export const sessionCodec: RecordCodec<SessionState> = {
  ...current,
  decode: (bytes) => (bytes[0] === 1 ? first : current).decode(bytes),
};

function write({ id, startedAt, lastAt, position, skipsInARow, items }: Listening, out: ByteWriter): void {
  out.varint(id === null ? 0 : 1);
  if (id !== null) out.text(id);
  out.varint(startedAt);
  out.varint(lastAt);
  out.varint(position);
  out.varint(skipsInARow);
  out.varint(items.length);
  for (const { track, at, weight, rated, paused } of items) {
    out.text(track);
    out.varint(at);
    out.varint(paused ? PAUSED : weight * 2 + (rated ? RATED : 0));
  }
}

function read(from: RecordReader): Listening {
  return {
    id: from.upTo(1, 'mark of an id') === 1 ? from.text() : null,
    startedAt: from.varint(),
    lastAt: from.varint(),
    position: from.varint(),
    skipsInARow: from.varint(),
    items: Array.from({ length: from.upTo(SESSION_ITEMS_MAX, 'number of items') }, () => readItem(from)),
  };
}

function readItem(from: RecordReader): SessionItem {
  const item = newItem(from.text(), from.varint(), PLAYED);
  const code = from.varint();
  item.paused = code === PAUSED;
  if (item.paused) return item;
  const weight = WEIGHTS[code % RATED];
  if (weight === undefined || code >= 2 * RATED) throw new FormatError('not a weight');
  item.weight = weight;
  item.rated = code >= RATED;
  return item;
}
