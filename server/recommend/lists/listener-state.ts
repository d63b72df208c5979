/**
 * What rules need to know of a listener, in the record `lists`: tracks that must not be recommended, and which lists were served. Texts
 * of a map stand in the order in which they came, so that the oldest go first where a map is bounded.
 */
import { FormatError } from '../../../format/bytes.ts';
import { unpackMap } from '../../../format/msgpack.ts';
import { recordCodec } from '../../features/record-bytes.ts';
import type { Signal } from '../../features/signal.ts';
import type { RecordCodec } from '../../processor/projection.ts';
import { LIST_SLOTS, parseRecommendationId } from '../recommendation-id.ts';
import type { ServedList } from '../served.ts';

export interface ListenerState {
  /** Track to event time of the dislike, ms. A later like takes it out. */
  disliked: Map<string, number>;
  /** The session under way; null before the first. */
  session: string | null;
  /** Event time with which the session began. */
  startedAt: number;
  /** Tracks of the session that were played, and those of them that were skipped before 30 s. */
  played: Set<string>;
  skipped: Set<string>;
  /** Rises with every event that may change what is recommended: what the listener does, not what the server serves. */
  changes: number;
  /** Lists served so far by owners of the partition: the next one's slot is this modulo LIST_SLOTS. */
  served: number;
  /** Request id to slot, of the lists that are still remembered. */
  requests: Map<string, number>;
}

export const DISLIKED_MAX = 500;
/** Of a session's played and skipped tracks each. */
export const SESSION_TRACKS_MAX = 500;

/** Folds what the listener did. */
export function foldSignal(state: ListenerState, signal: Signal): void {
  const { kind, track, at } = signal;
  if (kind !== 'pause' && kind !== 'seek') state.changes++;
  if (kind === 'dislike') addBounded(state.disliked, track, at);
  if (kind === 'like' && (state.disliked.get(track) ?? Number.POSITIVE_INFINITY) <= at) state.disliked.delete(track);
  if (signal.session === undefined || !enterSession(state, signal.session, at)) return;
  if (kind !== 'like' && kind !== 'dislike') addTrack(state.played, track);
  if (kind === 'skip') addTrack(state.skipped, track);
}

/** Folds a list that was served, which takes its slot. */
export function foldServed(state: ListenerState, list: ServedList): void {
  const slot = parseRecommendationId(list.recommendationId)?.slot;
  if (slot === undefined) return;
  if (slot < LIST_SLOTS) state.served++;
  for (const [request, taken] of state.requests) if (taken === slot) state.requests.delete(request);
  if (list.requestId !== null) state.requests.set(list.requestId, slot);
}

/** False for a late event of a session before. */
function enterSession(state: ListenerState, session: string, at: number): boolean {
  if (session !== state.session) {
    if (state.session !== null && at < state.startedAt) return false;
    state.session = session;
    state.startedAt = at;
    state.played.clear();
    state.skipped.clear();
  }
  return true;
}

function addTrack(tracks: Set<string>, track: string): void {
  tracks.delete(track);
  tracks.add(track);
  if (tracks.size > SESSION_TRACKS_MAX) tracks.delete(tracks.values().next().value!);
}

function addBounded(disliked: Map<string, number>, track: string, at: number): void {
  const latest = Math.max(at, disliked.get(track) ?? at);
  disliked.delete(track);
  disliked.set(track, latest);
  if (disliked.size > DISLIKED_MAX) disliked.delete(disliked.keys().next().value!);
}

function newListener(): ListenerState {
  return {
    disliked: new Map(),
    session: null,
    startedAt: 0,
    played: new Set(),
    skipped: new Set(),
    changes: 0,
    served: 0,
    requests: new Map(),
  };
}

/**
 * As bytes, counts as varints and times as float64: version 1; 0 for no session or 1 and its id; startedAt, changes, served; then lists,
 * each with its length before it: played, skipped, disliked (track and time), requests (id and slot).
 */
const bytesCodec = recordCodec<ListenerState>(
  1,
  newListener,
  ({ disliked, session, startedAt, played, skipped, changes, served, requests }, out) => {
    out.varint(session === null ? 0 : 1);
    if (session !== null) out.text(session);
    out.float64(startedAt);
    out.varint(changes);
    out.varint(served);
    for (const tracks of [played, skipped]) {
      out.varint(tracks.size);
      for (const track of tracks) out.text(track);
    }
    out.varint(disliked.size);
    for (const [track, at] of disliked) {
      out.text(track);
      out.float64(at);
    }
    out.varint(requests.size);
    for (const [request, slot] of requests) {
      out.text(request);
      out.varint(slot);
    }
  },
  (from) => {
    const state = newListener();
    state.session = from.upTo(1, 'mark of a session') === 1 ? from.text() : null;
    state.startedAt = from.number();
    state.changes = from.varint();
    state.served = from.varint();
    for (const tracks of [state.played, state.skipped])
      for (let left = from.varint(); left > 0; left--) tracks.add(from.text());
    for (let left = from.varint(); left > 0; left--) state.disliked.set(from.text(), from.number());
    for (let left = from.varint(); left > 0; left--) state.requests.set(from.text(), from.varint());
    return state;
  },
);

const FIRST_MAP_BYTE = 0x80;

export const listenerCodec: RecordCodec<ListenerState> = {
  ...bytesCodec,
  /** Before there was a version it was a map in MessagePack. */
  decode: (bytes) => (bytes[0]! < FIRST_MAP_BYTE ? bytesCodec.decode(bytes) : decodeMap(bytes)),
};

function decodeMap(bytes: Uint8Array): ListenerState {
  const { disliked, session, startedAt, played, skipped, changes, served, requests } = unpackMap(bytes);
  if (typeof startedAt !== 'number' || typeof changes !== 'number' || typeof served !== 'number') {
    throw new FormatError('not a record of a listener');
  }
  return {
    disliked: new Map(disliked as [string, number][]),
    session: session as string | null,
    startedAt,
    played: new Set(played as string[]),
    skipped: new Set(skipped as string[]),
    changes,
    served,
    requests: new Map(requests as [string, number][]),
  };
}
