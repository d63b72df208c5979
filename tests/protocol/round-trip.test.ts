import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ControlFrame } from '../../protocol/client-frames.ts';
import type { Codec, Publish, ServerFrame } from '../../protocol/wire.ts';
import { codecFor, ProtocolError, SUBPROTOCOLS } from '../../protocol/wire.ts';
import { controlFrame, event, number, serverFrame } from '../helpers/arbitrary-frames.ts';
import { isRefused, outcome } from '../helpers/refused.ts';
import { embedded, eventsOf, fromServer, wireBytes } from '../helpers/wire-bytes.ts';

const codecs = SUBPROTOCOLS.map(codecFor);
const events = fc.array(event, { minLength: 1, maxLength: 20 });
const first = number.filter((value) => value > 0 && value < Number.MAX_SAFE_INTEGER - 20);

/** HELLO and its context may be over their limits at random. */
function fits(codec: Codec, frame: ControlFrame): boolean {
  return frame.op !== 'HELLO' || codec.encodeEvent(frame.context ?? {}).bytes <= 1024;
}

function publish(codec: Codec, from: number, values: readonly unknown[]): Uint8Array {
  return wireBytes(
    codec.encodePublish(
      from,
      values.map((value) => codec.encodeEvent(value)),
    ),
  );
}

describe.each(codecs)('$subprotocol', (codec) => {
  test('every control frame comes back as it was', () => {
    fc.assert(
      fc.property(controlFrame, (frame) => {
        fc.pre(fits(codec, frame));
        expect(codec.decodeClient(embedded(wireBytes(codec.encode(frame))))).toStrictEqual(frame);
      }),
      { numRuns: 1000 },
    );
  });

  test('every frame of a server comes back as it was', () => {
    fc.assert(
      fc.property(serverFrame, (frame) => {
        expect(codec.decodeServer(fromServer(codec, codec.encode(frame)))).toStrictEqual(frame);
      }),
      { numRuns: 1000 },
    );
  });

  test('PUBLISH keeps its events, and its size is what publishBytes foretells', () => {
    fc.assert(
      fc.property(first, events, (from, values) => {
        const encoded = values.map((value) => codec.encodeEvent(value));
        const message = embedded(wireBytes(codec.encodePublish(from, encoded)));
        const eventBytes = encoded.reduce((sum, one) => sum + one.bytes, 0);
        expect(codec.publishBytes(from, values.length, eventBytes)).toBe(message.length);
        const frame = codec.decodeClient(message) as Publish;
        expect({ ...frame, events: eventsOf(frame) }).toStrictEqual({
          op: 'PUBLISH',
          first: from,
          count: values.length,
          format: codec.binary ? 'msgpack' : 'json',
          events: values,
          bytes: message.length,
        });
        expect(frame.events.buffer).toBe(message.buffer);
      }),
      { numRuns: 500 },
    );
  });

  test('a frame cut off at any byte is a protocol error', () => {
    fc.assert(
      fc.property(controlFrame, first, events, (frame, from, values) => {
        fc.pre(fits(codec, frame));
        for (const message of [wireBytes(codec.encode(frame)), publish(codec, from, values)]) {
          const lengths = [...message.keys()];
          const decode = (length: number) => codec.decodeClient(embedded(message.subarray(0, length)));
          expect(lengths.filter((length) => !isRefused(() => decode(length)))).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("a server's frame cut off at any byte is a protocol error", () => {
    fc.assert(
      fc.property(serverFrame, (frame) => {
        const message = codec.encode(frame);
        const decode = (length: number) => codec.decodeServer(fromServer(codec, message.slice(0, length)));
        const lengths = Array.from({ length: message.length }, (_, length) => length);
        expect(lengths.filter((length) => !isRefused(() => decode(length)))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('bytes after the frame are a protocol error', () => {
    fc.assert(
      fc.property(controlFrame, events, (frame, values) => {
        fc.pre(fits(codec, frame));
        for (const message of [wireBytes(codec.encode(frame)), publish(codec, 1, values)]) {
          const longer = new Uint8Array(message.length + 1);
          longer.set(message);
          expect(() => codec.decodeClient(longer)).toThrow(ProtocolError);
        }
      }),
    );
  });

  test('changed bytes are either another frame or a protocol error', () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(controlFrame, serverFrame, events, change, (control, server, values, changes) => {
        for (const message of [wireBytes(codec.encode(control)), publish(codec, 7, values)]) {
          for (const [at, byte] of changes) message[at % message.length] = byte;
          outcome(() => codec.decodeClient(message));
        }
        const message = wireBytes(codec.encode(server));
        for (const [at, byte] of changes) message[at % message.length] = byte;
        outcome(() => codec.decodeServer(codec.binary ? message : new TextDecoder().decode(message)));
      }),
      { numRuns: 2000 },
    );
  });

  test('random bytes are nearly always a protocol error and never anything else', () => {
    const frameLike = fc
      .tuple(fc.constantFrom(0x91, 0x92, 0x93, 0x94), fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 16, 21), fc.uint8Array())
      .map(([head, op, rest]) => Uint8Array.from([head, op, ...rest]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), frameLike), (bytes) => {
        outcome(() => codec.decodeClient(bytes));
        outcome(() => codec.decodeServer(codec.binary ? bytes : new TextDecoder().decode(bytes)));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the two codecs agree', () => {
  const [msgpack, json] = codecs as [Codec, Codec];

  test('on what a control frame is', () => {
    fc.assert(
      fc.property(controlFrame, (frame) => {
        fc.pre(codecs.every((codec) => fits(codec, frame)));
        const decode = (codec: Codec) => codec.decodeClient(wireBytes(codec.encode(frame)));
        expect(decode(msgpack)).toStrictEqual(decode(json));
      }),
    );
  });

  test('on what a frame of a server is', () => {
    fc.assert(
      fc.property(serverFrame, (frame: ServerFrame) => {
        expect(msgpack.decodeServer(msgpack.encode(frame))).toStrictEqual(json.decodeServer(json.encode(frame)));
      }),
    );
  });

  test('on whether any array is a frame', () => {
    const almost = fc
      .tuple(fc.integer({ min: 0, max: 27 }), fc.array(fc.oneof(event, number, fc.boolean())))
      .map(([op, fields]) => [op, ...fields]);
    fc.assert(
      fc.property(almost, (fields) => {
        const decode = (codec: Codec) =>
          outcome(() => {
            const frame = codec.decodeClient(wireBytes(codec.encodeEvent(fields).data));
            return frame.op === 'PUBLISH' ? { first: frame.first, count: frame.count, events: eventsOf(frame) } : frame;
          });
        expect(decode(msgpack)).toStrictEqual(decode(json));
        const decodeServer = (codec: Codec) => outcome(() => codec.decodeServer(codec.encodeEvent(fields).data));
        expect(decodeServer(msgpack)).toStrictEqual(decodeServer(json));
      }),
      { numRuns: 3000 },
    );
  });

  test('on which values an event may have', () => {
    const odd = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withTypedArray: true,
      withSparseArray: true,
    });
    const encodes = (codec: Codec, value: unknown) => {
      try {
        return JSON.stringify(decodeEvent(codec, codec.encodeEvent(value).data));
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return 'TypeError';
      }
    };
    fc.assert(
      fc.property(odd, (value) => {
        fc.pre(!/__proto_|\ufeff/.test(show(value)));
        expect(encodes(msgpack, value)).toBe(encodes(json, value));
      }),
      { numRuns: 5000 },
    );
  });
});

function decodeEvent(codec: Codec, data: Uint8Array | string): unknown {
  const bytes = wireBytes(data);
  return eventsOf({
    op: 'PUBLISH',
    first: 1,
    count: 1,
    format: codec.binary ? 'msgpack' : 'json',
    events: bytes,
    bytes: 0,
  })[0];
}

function show(value: unknown): string {
  try {
    return fc.stringify(value);
  } catch {
    return '';
  }
}
