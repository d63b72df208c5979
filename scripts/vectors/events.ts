/** Events and the server's verdict on each. `receivedAt` is when the server gets them; no context and no correction of clocks unless named. */
import type { EventCode } from '../../protocol/wire.ts';
import { json, packed } from './encode.ts';

export interface EventVector {
  name: string;
  /** The event in each encoding that can say it. */
  msgpack?: string;
  json?: string;
  receivedAt: number;
  /** Terms other than the defaults. */
  terms?: { maxAgeMs?: number };
  /** HELLO's context. */
  context?: Record<string, unknown>;
  /** The user that the token names. */
  tokenUser?: string;
  verdict: 'stored' | 'rejected';
  code?: EventCode;
  /** Left out where a server may name another place. */
  path?: string;
}

const RECEIVED_AT = 1_764_547_200_000;
const MINUTE = 60_000;

const base = { timestamp: RECEIVED_AT - 1_000, user_id: 'u-42' };
const play = { type: 'user_interaction', ...base, session_id: 's-1', track_id: 't-7', action: 'play' };
const full = {
  ...play,
  id: 'event-1',
  position_ms: 31_234,
  duration_ms: 215_000,
  recommendation_id: 'r-1',
  context: { playlist_id: 'p-1', source: 'playlist', device_type: 'car' },
};
const without = (event: Record<string, unknown>, key: string) =>
  Object.fromEntries(Object.entries(event).filter(([name]) => name !== key));
const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });

const STORED: Record<string, unknown> = {
  'a play': play,
  'an interaction with everything': full,
  'every character that may look odd': { ...play, user_id: '🎧 Ünïcode \u200b\u202e "\\/' },
  'strings of 128 UTF-16 units': { ...play, user_id: '🎧'.repeat(64), track_id: 'x'.repeat(128) },
  'an id of 64 characters': { ...play, id: 'x'.repeat(64) },
  'a time with an offset': { ...play, timestamp: '2025-12-01T01:59:59.25+02:00' },
  'a time in UTC': { ...play, timestamp: '2025-11-30T23:59:59Z' },
  'a time of 1970': { ...play, timestamp: 0 },
  'almost 5 minutes ahead': { ...play, timestamp: RECEIVED_AT + 5 * MINUTE },
  feedback_event: {
    type: 'feedback_event',
    ...base,
    recommendation_id: 'r-1',
    feedback_type: 'explicit',
    rating: 4.5,
    relevance_score: 0,
  },
  recommendation_shown: {
    type: 'recommendation_shown',
    ...base,
    recommendation_id: 'r-1',
    track_id: 't-7',
    position: 3,
  },
  recommendation_clicked: { type: 'recommendation_clicked', ...base, recommendation_id: 'r-1', track_id: 't-7' },
  track_completed: { type: 'track_completed', ...base, session_id: 's-1', track_id: 't-7', duration_ms: 215_000 },
  track_skipped: { type: 'track_skipped', ...base, session_id: 's-1', track_id: 't-7', position_ms: 0 },
  explicit_rating: { type: 'explicit_rating', ...base, track_id: 't-7', rating: 1 },
};

const REJECTED: [name: string, code: EventCode, path: string | undefined, event: unknown][] = [
  ['a number given up', 'withdrawn', '', null],
  ['a number', 'invalid_field', '', 5],
  ['text', 'invalid_field', '', 'play'],
  ['a list', 'invalid_field', '', [play]],
  ['no type', 'missing_field', 'type', without(play, 'type')],
  ['a type that nobody knows', 'unknown_type', 'type', { ...play, type: 'dance' }],
  ['no user', 'missing_field', 'user_id', without(play, 'user_id')],
  ['no timestamp', 'missing_field', 'timestamp', without(play, 'timestamp')],
  ['no action', 'missing_field', 'action', without(play, 'action')],
  ['an action that nobody knows', 'invalid_field', 'action', { ...play, action: 'dance' }],
  ['an unknown field', 'unknown_field', 'mood', { ...play, mood: 'good' }],
  ['a field of another type', 'unknown_field', 'rating', { ...play, rating: 3 }],
  ['an unknown field with an odd name', 'unknown_field', '?', { ...play, 'a b': 1 }],
  ['an unknown field of the context', 'unknown_field', 'context.mood', { ...play, context: { mood: 'good' } }],
  ['a source that nobody knows', 'invalid_field', 'context.source', { ...play, context: { source: 'dream' } }],
  ['an empty string', 'invalid_field', 'track_id', { ...play, track_id: '' }],
  ['a string of 129 units', 'invalid_field', 'track_id', { ...play, track_id: 'x'.repeat(129) }],
  ['an id of 65 characters', 'invalid_field', 'id', { ...play, id: 'x'.repeat(65) }],
  ['U+0000 in a string', 'invalid_field', 'user_id', { ...play, user_id: 'a\u0000' }],
  ['U+007F in a string', 'invalid_field', 'user_id', { ...play, user_id: 'a\u007f' }],
  ['U+009F in a string', 'invalid_field', 'user_id', { ...play, user_id: 'a\u009f' }],
  ['a number for a user', 'invalid_field', 'user_id', { ...play, user_id: 42 }],
  ['a time without an offset', 'invalid_field', 'timestamp', { ...play, timestamp: '2025-12-01T00:00:00' }],
  ['a day that does not exist', 'invalid_field', 'timestamp', { ...play, timestamp: '2025-02-29T00:00:00Z' }],
  ['a negative time', 'invalid_field', 'timestamp', { ...play, timestamp: -1 }],
  ['a time with a fraction', 'invalid_field', 'timestamp', { ...play, timestamp: 1.5 }],
  ['a negative position', 'invalid_field', 'position_ms', { ...play, position_ms: -1 }],
  ['a position with a fraction', 'invalid_field', 'position_ms', { ...play, position_ms: 0.5 }],
  ['a position beyond 2^53-1', 'invalid_field', 'position_ms', { ...play, position_ms: 2 ** 53 }],
  ['a rating of 6', 'invalid_field', 'rating', { type: 'explicit_rating', ...base, track_id: 't-7', rating: 6 }],
  ['more than 5 minutes ahead', 'in_future', 'timestamp', { ...play, timestamp: RECEIVED_AT + 5 * MINUTE + 1 }],
  ['a key of a prototype', 'invalid_field', '__proto__', JSON.parse(`{"__proto__":1,${JSON.stringify(play).slice(1)}`)],
  ['constructor as a key', 'invalid_field', 'context.constructor', { ...play, context: { constructor: 1 } }],
  ['9 levels', 'invalid_field', undefined, { ...play, context: nested(8) }],
  ['257 values', 'invalid_field', undefined, { ...play, context: new Array(257).fill(0) }],
  ['more bytes than an event may have', 'too_large', '', { ...play, track_id: 'x'.repeat(8_192) }],
];

/** Only one encoding can say these: a play with the given bytes for its track. */
const play7 = (value: string) =>
  packed({ ...without(play, 'track_id') }).replace(/^85/, '86') + packed('track_id') + value;
const MSGPACK_ONLY: [name: string, path: string | undefined, msgpack: string][] = [
  ['binary', 'track_id', play7('c40161')],
  ['NaN', 'track_id', play7('cb7ff8000000000000')],
  ['infinity', 'track_id', play7('cb7ff0000000000000')],
  ['the largest uint 64', 'track_id', play7('cfffffffffffffffff')],
  ['the smallest int 64', 'track_id', play7('d38000000000000000')],
  ['invalid UTF-8', 'track_id', play7('a1ff')],
  ['a key that is a number', undefined, play7('810101')],
  ['a key that is nil', undefined, play7('81c001')],
  ['a key that stands twice', undefined, play7(`82${packed('source')}a178${packed('source')}a178`)],
];
const JSON_ONLY: [name: string, path: string | undefined, json: string][] = [
  ['1e400', 'position_ms', JSON.stringify(play).replace('}', ',"position_ms":1e400}')],
  ['a lone surrogate', 'user_id', JSON.stringify(play).replace('u-42', '\\ud800')],
  ['a key that stands twice', undefined, JSON.stringify(play).replace('}', ',"action":"play"}')],
];

const ABOUT: Omit<EventVector, 'receivedAt'>[] = [
  {
    name: 'a context that fills in what lacks',
    ...both(without(without(play, 'user_id'), 'session_id')),
    context: { user_id: 'u-42', session_id: 's-1', rating: 3 },
    verdict: 'stored',
  },
  {
    name: 'the user of the token that fills in what lacks',
    ...both(without(play, 'user_id')),
    tokenUser: 'u-42',
    verdict: 'stored',
  },
  {
    name: 'another user than the token names',
    ...both(play),
    tokenUser: 'u-43',
    verdict: 'rejected',
    code: 'forbidden_user',
    path: 'user_id',
  },
  {
    name: 'as old as it may be',
    ...both({ ...play, timestamp: RECEIVED_AT - MINUTE }),
    terms: { maxAgeMs: MINUTE },
    verdict: 'stored',
  },
  {
    name: 'older than it may be',
    ...both({ ...play, timestamp: RECEIVED_AT - MINUTE - 1 }),
    terms: { maxAgeMs: MINUTE },
    verdict: 'rejected',
    code: 'too_old',
    path: 'timestamp',
  },
];

function both(event: unknown): { msgpack: string; json: string } {
  return { msgpack: packed(event), json: json.encodeEvent(event).data as string };
}

function rejected(name: string, code: EventCode, path: string | undefined, event: object): EventVector {
  return { name, ...event, receivedAt: RECEIVED_AT, verdict: 'rejected', code, ...(path !== undefined && { path }) };
}

export function eventVectors(): EventVector[] {
  return [
    ...Object.entries(STORED).map(
      ([name, event]): EventVector => ({ name, ...both(event), receivedAt: RECEIVED_AT, verdict: 'stored' }),
    ),
    ...REJECTED.map(([name, code, path, event]) => rejected(name, code, path, both(event))),
    ...MSGPACK_ONLY.map(([name, path, msgpack]) => rejected(name, 'invalid_field', path, { msgpack })),
    ...JSON_ONLY.map(([name, path, text]) => rejected(name, 'invalid_field', path, { json: text })),
    ...ABOUT.map((vector): EventVector => ({ ...vector, receivedAt: RECEIVED_AT })),
  ];
}
