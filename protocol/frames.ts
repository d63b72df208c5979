/**
 * The frames of the protocol as they stand in memory: each direction is one closed union with the tag `op`. On the wire a frame is
 * the array `[OPS[op], ...fields]`; the codecs map between the two. Times are milliseconds since 1970, sizes are bytes.
 */
import type { CloseName, EventCode, NackCode, UnsubscribedCode } from './codes.ts';
import type { FrameLimits } from './limits.ts';

export const OPS = {
  HELLO: 1,
  PUBLISH: 2,
  BLOCKED: 3,
  SUBSCRIBE: 4,
  FLOW: 5,
  UNSUBSCRIBE: 6,
  AUTH: 7,
  WELCOME: 16,
  ACK: 17,
  REJECTED: 18,
  NACK: 19,
  SUBSCRIBED: 20,
  DATA: 21,
  GAP: 22,
  UNSUBSCRIBED: 23,
  AUTHENTICATED: 24,
  GOAWAY: 25,
  BEAT: 26,
} as const;

/** Fields that events of a connection share: shaped like an event without `type`, `timestamp` and `id`. */
export type Context = Record<string, unknown>;

export interface Hello {
  op: 'HELLO';
  token?: string;
  /** Absent: the connection only subscribes. */
  producer?: string;
  /** Default 1. */
  epoch?: number;
  /** Counts up with each connection of one outbox; default 0. */
  attempt?: number;
  /** The highest `done` that the client has processed in this epoch; default 0. */
  done?: number;
  /** The client's time at sending. */
  clock?: number;
  context?: Context;
  agent?: string;
}

/** How the bytes of an event are encoded. */
export type EventFormat = 'msgpack' | 'json';

/**
 * A PUBLISH as the server sees it: structure checked (every value complete, no extension type, exactly `count` values, nothing after
 * them), content not yet looked at. `events` is a view into the message and dies with it: copy it before the handler returns.
 * For msgpack it holds `count` values one after another, for json the text between the array's brackets.
 */
export interface Publish {
  op: 'PUBLISH';
  first: number;
  count: number;
  format: EventFormat;
  events: Uint8Array;
  /** Payload size of the whole message, which is what credit counts. */
  bytes: number;
}

export interface Blocked {
  op: 'BLOCKED';
  seq: number;
  bytes: number;
}

export type FilterValue = string | number | boolean;
export interface SubscribeOptions {
  limit: number;
  key?: string;
  filter?: Record<string, FilterValue | FilterValue[]>;
  from?: Cursor;
}
export interface Subscribe {
  op: 'SUBSCRIBE';
  sub: number;
  feed: string;
  options: SubscribeOptions;
}
export interface Flow {
  op: 'FLOW';
  sub: number;
  limit: number;
}
export interface Unsubscribe {
  op: 'UNSUBSCRIBE';
  sub: number;
}
export interface Auth {
  op: 'AUTH';
  token: string;
}

export type ClientFrame = Hello | Publish | Blocked | Subscribe | Flow | Unsubscribe | Auth;

/** `seq, code, path, message`: why one event was rejected. */
export type Rejection = [seq: number, code: EventCode, path: string, message: string];

/** What an ACK means: `fsync`, `os`, `memory` or `replicas:N`. */
export type Durability = 'fsync' | 'os' | 'memory' | `replicas:${number}`;

/** The part of WELCOME that only a publisher gets. */
export interface PublishTerms extends FrameLimits {
  producer: string;
  epoch: number;
  done: number;
  rejected?: Rejection[];
  limit: number;
  limitBytes: number;
  durability: Durability;
  dedupMs: number;
  maxAgeMs: number;
}
export interface Welcome {
  op: 'WELCOME';
  session: string;
  serverTime: number;
  authExpires?: number;
  terms?: PublishTerms;
}
export interface Ack {
  op: 'ACK';
  done: number;
  limit: number;
  limitBytes: number;
  /** The server's pressure, 0 to 10. */
  level: number;
}
export interface Rejected {
  op: 'REJECTED';
  rejections: Rejection[];
}
export interface Nack {
  op: 'NACK';
  from: number;
  code: NackCode;
  message: string;
}

/** A place in a feed: opaque strings that the client hands back. */
export interface Cursor {
  epoch: string;
  offset: string;
}
export interface Subscribed {
  op: 'SUBSCRIBED';
  sub: number;
  position: Cursor & { recovered?: boolean };
}
export interface Data {
  op: 'DATA';
  sub: number;
  offset: string;
  items: unknown[];
}
export interface Gap {
  op: 'GAP';
  sub: number;
  skipped: number | null;
  offset: string;
}
export interface Unsubscribed {
  op: 'UNSUBSCRIBED';
  sub: number;
  code: UnsubscribedCode;
  message: string;
}
export interface Authenticated {
  op: 'AUTHENTICATED';
  expires: number | null;
}
export interface GoAway {
  op: 'GOAWAY';
  code: CloseName;
  message: string;
  retryAfterMs: number;
  epoch?: number;
}
export interface Beat {
  op: 'BEAT';
  serverTime: number;
}

export type ServerFrame =
  | Welcome
  | Ack
  | Rejected
  | Nack
  | Subscribed
  | Data
  | Gap
  | Unsubscribed
  | Authenticated
  | GoAway
  | Beat;

export type Frame = ClientFrame | ServerFrame;
