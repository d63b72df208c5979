/** Random frames that a conforming peer could send. Texts are well-formed Unicode; bytes and numbers reach the ends of their ranges. */
import fc from 'fast-check';
import type { ControlFrame } from '../../protocol/client-frames.ts';
import type { CloseName } from '../../protocol/codes.ts';
import { CLOSE_CODES, EVENT_CODES, NACK_CODES, UNSUBSCRIBED_CODES } from '../../protocol/codes.ts';
import type { Durability, FilterValue, PublishTerms, Rejection, ServerFrame } from '../../protocol/frames.ts';
import { MAX_NUMBER } from '../../protocol/limits.ts';

export const number = fc.oneof(
  fc.nat({ max: 300 }),
  fc.maxSafeNat(),
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, MAX_NUMBER),
);
/** msgpackr drops a byte order mark at the start of a long text, so none stands there. */
export const text = fc.string({ unit: 'binary', maxLength: 80 }).map((value) => value.replace(/^\ufeff+/, ''));
/** Records of fast-check have no prototype; what decoders make has. */
const plain = <T>(value: T): T => structuredClone(value);
const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

/** What JSON can say, without -0 (an integer in both formats) and without keys that decoders rename. */
export const plainValue = fc
  .jsonValue({ maxDepth: 3, stringUnit: 'binary' })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  .filter((value) => !/"(__proto__|\ufeff)/.test(JSON.stringify(value)));

/** An event as an application makes it: often right, sometimes odd, never what cannot be encoded. */
export const event = fc
  .oneof(
    fc.record({
      type: fc.constantFrom('user_interaction', 'track_skipped', 'no_such_type'),
      timestamp: number,
      user_id: text,
      action: fc.constantFrom('play', 'pause', 'skip'),
      position_ms: fc.oneof(
        number,
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      ),
      context: plainValue,
    }),
    plainValue,
    fc.constant(null),
  )
  .map(plain);

const filterValue: fc.Arbitrary<FilterValue> = fc.oneof(text, number, fc.boolean());
const filter = fc.dictionary(
  fc.constantFrom('type', 'action', 'user_id', 'session_id', 'track_id', 'code'),
  fc.oneof(filterValue, fc.array(filterValue, { maxLength: 12 })),
);
const cursor = fc.record({ epoch: text, offset: text });
const optional = { requiredKeys: [] };

export const controlFrame: fc.Arbitrary<ControlFrame> = fc
  .oneof(
    fc
      .record(
        {
          token: text,
          producer: id,
          epoch: number.filter((epoch) => epoch > 0),
          attempt: number,
          done: number,
          clock: number,
          context: fc.record(
            { user_id: text, session_id: text, context: fc.record({ source: text }) },
            { requiredKeys: [] },
          ),
          agent: text,
        },
        optional,
      )
      .map((fields) => ({ op: 'HELLO' as const, ...fields })),
    fc.record({ op: fc.constant('BLOCKED' as const), seq: number, bytes: number }),
    fc.record({
      op: fc.constant('SUBSCRIBE' as const),
      sub: number,
      feed: text,
      options: fc.record({ limit: number, key: text, filter, from: cursor }, { requiredKeys: ['limit'] }),
    }),
    fc.record({ op: fc.constant('FLOW' as const), sub: number, limit: number }),
    fc.record({ op: fc.constant('UNSUBSCRIBE' as const), sub: number }),
    fc.record({ op: fc.constant('AUTH' as const), token: text }),
  )
  .map(plain);

export const rejection: fc.Arbitrary<Rejection> = fc.tuple(number, fc.constantFrom(...EVENT_CODES), text, text);
const durability: fc.Arbitrary<Durability> = fc.constantFrom('fsync', 'os', 'memory', 'replicas:2');
const terms: fc.Arbitrary<PublishTerms> = fc.record(
  {
    producer: id,
    epoch: number,
    done: number,
    rejected: fc.array(rejection, { maxLength: 5 }),
    limit: number,
    limitBytes: number,
    maxFrameBytes: number,
    maxFrameEvents: number,
    maxEventBytes: number,
    durability,
    dedupMs: number,
    maxAgeMs: number,
  },
  {
    requiredKeys: [
      'producer',
      'epoch',
      'done',
      'limit',
      'limitBytes',
      'maxFrameBytes',
      'maxFrameEvents',
      'maxEventBytes',
      'durability',
      'dedupMs',
      'maxAgeMs',
    ],
  },
);

export const serverFrame: fc.Arbitrary<ServerFrame> = fc
  .oneof(
    fc.record(
      { op: fc.constant('WELCOME' as const), session: text, serverTime: number, authExpires: number, terms },
      { requiredKeys: ['op', 'session', 'serverTime'] },
    ),
    fc.record({ op: fc.constant('ACK' as const), done: number, limit: number, limitBytes: number, level: fc.nat(10) }),
    fc.record({ op: fc.constant('REJECTED' as const), rejections: fc.array(rejection, { maxLength: 20 }) }),
    fc.record({
      op: fc.constant('NACK' as const),
      from: number,
      code: fc.constantFrom(...NACK_CODES),
      message: text,
    }),
    fc.record({
      op: fc.constant('SUBSCRIBED' as const),
      sub: number,
      position: fc.record(
        { epoch: text, offset: text, recovered: fc.boolean() },
        { requiredKeys: ['epoch', 'offset'] },
      ),
    }),
    fc.record({ op: fc.constant('DATA' as const), sub: number, offset: text, items: fc.array(plainValue) }),
    fc.record({
      op: fc.constant('GAP' as const),
      sub: number,
      skipped: fc.option(number),
      offset: text,
    }),
    fc.record({
      op: fc.constant('UNSUBSCRIBED' as const),
      sub: number,
      code: fc.constantFrom(...UNSUBSCRIBED_CODES),
      message: text,
    }),
    fc.record({ op: fc.constant('AUTHENTICATED' as const), expires: fc.option(number) }),
    fc.record(
      {
        op: fc.constant('GOAWAY' as const),
        code: fc.constantFrom(...(Object.keys(CLOSE_CODES) as CloseName[])),
        message: text,
        retryAfterMs: number,
        epoch: number,
      },
      { requiredKeys: ['op', 'code', 'message', 'retryAfterMs'] },
    ),
    fc.record({ op: fc.constant('BEAT' as const), serverTime: number }),
  )
  .map(plain);
