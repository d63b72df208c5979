/** Every frame as our encoders write it. A decoder must take these bytes; another encoder may order maps and choose formats differently. */
import type { ControlFrame } from '../../protocol/client-frames.ts';
import type { ServerFrame } from '../../protocol/wire.ts';
import { json, msgpack, publish, toHex } from './encode.ts';

/** PUBLISH as vectors show it: with its events decoded. */
export interface PublishVector {
  op: 'PUBLISH';
  first: number;
  events: unknown[];
}
export interface FrameVector {
  name: string;
  from: 'client' | 'server';
  frame: ControlFrame | PublishVector | ServerFrame;
  msgpack: string;
  json: string;
}

const TIME = 1_764_547_200_000;

const client: Record<string, ControlFrame | PublishVector> = {
  'HELLO with everything': {
    op: 'HELLO',
    token: 'secret',
    producer: 'tab-1f_A',
    epoch: TIME,
    attempt: 3,
    done: 1_000_000,
    clock: TIME,
    context: { user_id: 'u-42', session_id: 's-1', context: { source: 'radio', device_type: 'mobile' } },
    agent: 'player/1.2',
  },
  'HELLO of a subscriber': { op: 'HELLO', token: 'secret' },
  'HELLO with nothing': { op: 'HELLO' },
  'PUBLISH with one event': {
    op: 'PUBLISH',
    first: 1,
    events: [
      {
        type: 'user_interaction',
        timestamp: TIME,
        user_id: 'u-42',
        session_id: 's-1',
        track_id: 't-7',
        action: 'skip',
        position_ms: 31_234,
        duration_ms: 215_000,
        context: { source: 'playlist', playlist_id: 'Mörgenstücke 🎧' },
      },
    ],
  },
  'PUBLISH with a number given up': {
    op: 'PUBLISH',
    first: 4_294_967_296,
    events: [
      null,
      { type: 'explicit_rating', timestamp: '2025-12-01T00:00:00Z', user_id: 'u-42', track_id: 't-7', rating: 4.5 },
    ],
  },
  'PUBLISH with 20 events, an array of 16 bits': {
    op: 'PUBLISH',
    first: 100,
    events: Array.from({ length: 20 }, (_, i) => ({ type: 'track_skipped', track_id: `t-${i}` })),
  },
  'PUBLISH with values that are no events, which are rejected one by one': {
    op: 'PUBLISH',
    first: 7,
    events: [1, 'text', [], {}, true, -129, 0.5],
  },
  BLOCKED: { op: 'BLOCKED', seq: 12, bytes: 4_200 },
  'SUBSCRIBE with the least': { op: 'SUBSCRIBE', sub: 1, feed: 'stats', options: { limit: 10 } },
  'SUBSCRIBE with everything': {
    op: 'SUBSCRIBE',
    sub: 2,
    feed: 'events',
    options: {
      limit: 1_000,
      key: 'u-42',
      filter: { type: ['user_interaction', 'track_skipped'], action: 'skip' },
      from: { epoch: 'e1', offset: '0:17' },
    },
  },
  FLOW: { op: 'FLOW', sub: 2, limit: 2_000 },
  UNSUBSCRIBE: { op: 'UNSUBSCRIBE', sub: 2 },
  AUTH: { op: 'AUTH', token: 'another secret' },
};

const terms = {
  producer: 'tab-1f_A',
  epoch: 1,
  done: 0,
  limit: 4,
  limitBytes: 4_096,
  maxFrameBytes: 16_384,
  maxFrameEvents: 256,
  maxEventBytes: 8_192,
  durability: 'fsync',
  dedupMs: 3_600_000,
  maxAgeMs: 0,
} as const;

const server: Record<string, ServerFrame> = {
  'WELCOME for a subscriber': { op: 'WELCOME', session: '3hQ9', serverTime: TIME, authExpires: TIME + 3_600_000 },
  'WELCOME for a producer': { op: 'WELCOME', session: '3hQ9', serverTime: TIME, terms },
  'WELCOME with rejections since the last ACK': {
    op: 'WELCOME',
    session: '3hQ9',
    serverTime: TIME,
    terms: {
      ...terms,
      done: 3,
      limit: 7,
      durability: 'replicas:2',
      rejected: [[3, 'too_old', 'timestamp', 'too old']],
    },
  },
  ACK: { op: 'ACK', done: 3, limit: 7, limitBytes: 4_289, level: 0 },
  'ACK with large numbers': {
    op: 'ACK',
    done: 9_007_199_254_740_990,
    limit: 9_007_199_254_740_991,
    limitBytes: 4_294_967_295,
    level: 10,
  },
  REJECTED: {
    op: 'REJECTED',
    rejections: [
      [7, 'invalid_field', 'action', 'not one of the actions'],
      [9, 'withdrawn', '', 'given up by the client'],
    ],
  },
  NACK: { op: 'NACK', from: 5, code: 'sequence_gap', message: 'expected 5, got 7' },
  SUBSCRIBED: { op: 'SUBSCRIBED', sub: 2, position: { epoch: 'e1', offset: '0:17', recovered: true } },
  'SUBSCRIBED without a past': { op: 'SUBSCRIBED', sub: 2, position: { epoch: 'e1', offset: '' } },
  DATA: {
    op: 'DATA',
    sub: 2,
    offset: '0:18',
    items: [
      { type: 'track_skipped', user_id: 'u-42', seq: 1, received_at: TIME },
      { key: 'server', version: 2, value: { rate: 0.5 } },
    ],
  },
  'DATA that only moves on': { op: 'DATA', sub: 2, offset: '0:900', items: [] },
  GAP: { op: 'GAP', sub: 2, skipped: 12, offset: '0:912' },
  'GAP of unknown size': { op: 'GAP', sub: 2, skipped: null, offset: '0:912' },
  UNSUBSCRIBED: { op: 'UNSUBSCRIBED', sub: 2, code: 'ok', message: '' },
  AUTHENTICATED: { op: 'AUTHENTICATED', expires: TIME + 3_600_000 },
  'AUTHENTICATED without end': { op: 'AUTHENTICATED', expires: null },
  GOAWAY: { op: 'GOAWAY', code: 'going_away', message: 'the server restarts', retryAfterMs: 500 },
  'GOAWAY for a fenced producer': { op: 'GOAWAY', code: 'fenced', message: 'a later epoch', retryAfterMs: 0, epoch: 2 },
  BEAT: { op: 'BEAT', serverTime: TIME },
};

export function frameVectors(): FrameVector[] {
  return [
    ...Object.entries(client).map(([name, frame]) => encoded(name, 'client', frame)),
    ...Object.entries(server).map(([name, frame]) => encoded(name, 'server', frame)),
  ];
}

function encoded(name: string, from: 'client' | 'server', frame: FrameVector['frame']): FrameVector {
  const [binary, text] = [msgpack, json].map((codec) =>
    frame.op === 'PUBLISH' ? publish(codec, frame.first, frame.events) : codec.encode(frame),
  );
  return { name, from, frame, msgpack: toHex(binary as Uint8Array), json: text as string };
}
