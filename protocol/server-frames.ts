/** What a server sends: between the frame in memory and its array on the wire. Readers take codes that this version does not know. */

import type { FieldMap, Fields } from './fields.ts';
import { integer, isGiven, list, map, pick, readOptional, text } from './fields.ts';
import type {
  Authenticated,
  Durability,
  GoAway,
  Nack,
  PublishTerms,
  Rejection,
  ServerFrame,
  Subscribed,
  Unsubscribed,
  Welcome,
} from './frames.ts';
import { OPS } from './frames.ts';

const WELCOME_KEYS = ['session', 'serverTime', 'authExpires'] as const;
const TERMS_KEYS = [
  'producer',
  'epoch',
  'done',
  'rejected',
  'limit',
  'limitBytes',
  'maxFrameBytes',
  'maxFrameEvents',
  'maxEventBytes',
  'durability',
  'dedupMs',
  'maxAgeMs',
] as const;

export function serverFields(frame: ServerFrame): unknown[] {
  const op = OPS[frame.op];
  switch (frame.op) {
    case 'WELCOME':
      return [op, pick(frame.terms ?? {}, TERMS_KEYS, pick(frame, WELCOME_KEYS))];
    case 'ACK':
      return [op, frame.done, frame.limit, frame.limitBytes, frame.level];
    case 'REJECTED':
      return [op, frame.rejections];
    case 'NACK':
      return [op, frame.from, frame.code, frame.message];
    case 'SUBSCRIBED':
      return [op, frame.sub, pick(frame.position, ['epoch', 'offset', 'recovered'])];
    case 'DATA':
      return [op, frame.sub, frame.offset, frame.items];
    case 'GAP':
      return [op, frame.sub, frame.skipped, frame.offset];
    case 'UNSUBSCRIBED':
      return [op, frame.sub, frame.code, frame.message];
    case 'AUTHENTICATED':
      return [op, { expires: frame.expires }];
    case 'GOAWAY':
      return [op, pick(frame, ['code', 'message', 'retryAfterMs', 'epoch'])];
    case 'BEAT':
      return [op, { serverTime: frame.serverTime }];
  }
}

/** null for an op that this version does not know. */
export function readServer(op: number, fields: Fields): ServerFrame | null {
  switch (op) {
    case OPS.WELCOME:
      return readWelcome(map(fields[1], 'WELCOME'));
    case OPS.ACK:
      return {
        op: 'ACK',
        done: integer(fields[1], 'done'),
        limit: integer(fields[2], 'limit'),
        limitBytes: integer(fields[3], 'limitBytes'),
        level: integer(fields[4], 'level'),
      };
    case OPS.REJECTED:
      return { op: 'REJECTED', rejections: readRejections(fields[1], 'rejections') };
    case OPS.NACK:
      return {
        op: 'NACK',
        from: integer(fields[1], 'from'),
        code: text(fields[2], 'code') as Nack['code'],
        message: textOrEmpty(fields[3], 'message'),
      };
    case OPS.SUBSCRIBED:
      return { op: 'SUBSCRIBED', sub: integer(fields[1], 'sub'), position: readPosition(map(fields[2], 'SUBSCRIBED')) };
    case OPS.DATA:
      return {
        op: 'DATA',
        sub: integer(fields[1], 'sub'),
        offset: text(fields[2], 'offset'),
        items: list(fields[3], 'items'),
      };
    case OPS.GAP:
      return {
        op: 'GAP',
        sub: integer(fields[1], 'sub'),
        skipped: isGiven(fields[2]) ? integer(fields[2], 'skipped') : null,
        offset: text(fields[3], 'offset'),
      };
    case OPS.UNSUBSCRIBED:
      return {
        op: 'UNSUBSCRIBED',
        sub: integer(fields[1], 'sub'),
        code: text(fields[2], 'code') as Unsubscribed['code'],
        message: textOrEmpty(fields[3], 'message'),
      };
    case OPS.AUTHENTICATED:
      return readAuthenticated(map(fields[1], 'AUTHENTICATED'));
    case OPS.GOAWAY:
      return readGoAway(map(fields[1], 'GOAWAY'));
    case OPS.BEAT:
      return { op: 'BEAT', serverTime: integer(map(fields[1], 'BEAT').serverTime, 'serverTime') };
    default:
      return null;
  }
}

function readWelcome(fields: FieldMap): Welcome {
  const welcome: Welcome = {
    op: 'WELCOME',
    session: text(fields.session, 'session'),
    serverTime: integer(fields.serverTime, 'serverTime'),
  };
  readOptional(welcome, fields, 'authExpires', integer);
  if (isGiven(fields.producer)) welcome.terms = readTerms(fields);
  return welcome;
}

function readTerms(fields: FieldMap): PublishTerms {
  const terms: PublishTerms = {
    producer: text(fields.producer, 'producer'),
    epoch: integer(fields.epoch, 'epoch'),
    done: integer(fields.done, 'done'),
    limit: integer(fields.limit, 'limit'),
    limitBytes: integer(fields.limitBytes, 'limitBytes'),
    maxFrameBytes: integer(fields.maxFrameBytes, 'maxFrameBytes'),
    maxFrameEvents: integer(fields.maxFrameEvents, 'maxFrameEvents'),
    maxEventBytes: integer(fields.maxEventBytes, 'maxEventBytes'),
    durability: text(fields.durability, 'durability') as Durability,
    dedupMs: integer(fields.dedupMs, 'dedupMs'),
    maxAgeMs: integer(fields.maxAgeMs, 'maxAgeMs'),
  };
  readOptional(terms, fields, 'rejected', readRejections);
  return terms;
}

function readRejections(value: unknown, name: string): Rejection[] {
  return list(value, name).map((entry) => {
    const fields = list(entry, 'a rejection');
    return [
      integer(fields[0], 'seq'),
      text(fields[1], 'code') as Rejection[1],
      textOrEmpty(fields[2], 'path'),
      textOrEmpty(fields[3], 'message'),
    ];
  });
}

function readPosition(fields: FieldMap): Subscribed['position'] {
  const position: Subscribed['position'] = {
    epoch: text(fields.epoch, 'epoch'),
    offset: text(fields.offset, 'offset'),
  };
  if (typeof fields.recovered === 'boolean') position.recovered = fields.recovered;
  return position;
}

function readAuthenticated(fields: FieldMap): Authenticated {
  return { op: 'AUTHENTICATED', expires: isGiven(fields.expires) ? integer(fields.expires, 'expires') : null };
}

function readGoAway(fields: FieldMap): GoAway {
  const goAway: GoAway = {
    op: 'GOAWAY',
    code: text(fields.code, 'code') as GoAway['code'],
    message: textOrEmpty(fields.message, 'message'),
    retryAfterMs: isGiven(fields.retryAfterMs) ? integer(fields.retryAfterMs, 'retryAfterMs') : 0,
  };
  readOptional(goAway, fields, 'epoch', integer);
  return goAway;
}

/** Words for people are never worth a connection. */
function textOrEmpty(value: unknown, name: string): string {
  return isGiven(value) ? text(value, name) : '';
}
