/** Runs the vectors that are checked in, as a stranger's implementation would, and keeps them in step with the script that writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validateEvent } from '../../protocol/events.ts';
import type { Codec } from '../../protocol/wire.ts';
import { CLOSE_CODES, DEFAULT_FRAME_LIMITS, OPS, ProtocolError } from '../../protocol/wire.ts';
import { FOLDER, vectorFiles } from '../../scripts/make-vectors.ts';
import { json, msgpack, publish, toBytes, toHex } from '../../scripts/vectors/encode.ts';
import type { EventVector } from '../../scripts/vectors/events.ts';
import type { FrameVector } from '../../scripts/vectors/frames.ts';
import type { InvalidVector } from '../../scripts/vectors/invalid.ts';
import type { ToleratedVector } from '../../scripts/vectors/tolerated.ts';
import { processSlab } from '../../workers/process-slab.ts';
import type { SlabFrame } from '../../workers/slab.ts';
import { eventsOf, utf8 } from '../helpers/wire-bytes.ts';

const read = <T>(name: string): T[] => JSON.parse(readFileSync(`${FOLDER}${name}`, 'utf8')) as T[];
const frames = read<FrameVector>('frames.json');
const tolerated = read<ToleratedVector>('tolerated.json');
const invalid = read<InvalidVector>('invalid.json');
const events = read<EventVector>('events.json');

function decode(codec: Codec, from: 'client' | 'server', message: Uint8Array | string): unknown {
  if (from === 'server') return codec.decodeServer(message);
  const frame = codec.decodeClient(typeof message === 'string' ? utf8(message) : message);
  return frame.op === 'PUBLISH' ? { op: frame.op, first: frame.first, events: eventsOf(frame) } : frame;
}

function encode(codec: Codec, frame: FrameVector['frame']): Uint8Array | string {
  return frame.op === 'PUBLISH' ? publish(codec, frame.first, frame.events) : codec.encode(frame);
}

test('the files are what the script writes', () => {
  for (const [name, content] of Object.entries(vectorFiles())) {
    expect(readFileSync(`${FOLDER}${name}`, 'utf8') === content, `${name}: run npx tsx scripts/make-vectors.ts`).toBe(
      true,
    );
  }
});

test('there is a frame of every op', () => {
  expect(new Set(frames.map(({ frame }) => frame.op))).toEqual(new Set(Object.keys(OPS)));
});

describe('frames.json', () => {
  test.each(frames)('$from: $name', ({ from, frame, msgpack: hex, json: text }) => {
    expect(decode(msgpack, from, toBytes(hex))).toEqual(frame);
    expect(decode(json, from, text)).toEqual(frame);
    expect(toHex(encode(msgpack, frame) as Uint8Array)).toBe(hex);
    expect(encode(json, frame)).toBe(text);
  });
});

describe('tolerated.json', () => {
  test.each(tolerated)('$from: $name', ({ from, frame, msgpack: hex, json: text }) => {
    if (hex !== undefined) expect(decode(msgpack, from, toBytes(hex))).toEqual(frame);
    else expect(decode(json, from, text!)).toEqual(frame);
  });
});

describe('invalid.json', () => {
  test.each(invalid)('$name', ({ msgpack: hex, json: text, jsonHex, close, code }) => {
    const receive = () => {
      if (hex !== undefined) msgpack.decodeClient(toBytes(hex));
      else json.decodeClient(text !== undefined ? utf8(text) : toBytes(jsonHex!));
    };
    expect(receive).toThrow(ProtocolError);
    try {
      receive();
    } catch (error) {
      expect((error as ProtocolError).close).toBe(close);
      expect(CLOSE_CODES[close]).toBe(code);
    }
  });
});

/** What a worker says of the one event of a frame. */
function verdict(vector: EventVector, format: 'msgpack' | 'json'): Pick<EventVector, 'verdict' | 'code' | 'path'> {
  const bytes = format === 'msgpack' ? toBytes(vector.msgpack!) : utf8(vector.json!);
  const { receivedAt, terms = {}, context, tokenUser } = vector;
  const frame: SlabFrame = {
    source: 0,
    format,
    first: 1,
    count: 1,
    skip: 0,
    offset: 0,
    length: bytes.length,
    receivedAt,
  };
  const source = {
    tenant: 't',
    owner: '',
    producer: 'p',
    epoch: 1,
    ...(context && { context }),
    ...(tokenUser && { userId: tokenUser }),
  };
  const settings = {
    partitions: 4,
    maxAgeMs: 0,
    limits: DEFAULT_FRAME_LIMITS,
    enrichment: true,
    feedbackEvents: true,
    deadLetters: true,
    ...terms,
  };
  const { units } = processSlab({ bytes: bytes.slice(), sources: [source], frames: [frame] }, settings, () => 0);
  expect(units).toHaveLength(1);
  const [rejection] = units[0]!.rejected;
  if (!rejection) return { verdict: 'stored' };
  return { verdict: 'rejected', code: rejection[1], ...(vector.path !== undefined && { path: rejection[2] }) };
}

describe('events.json', () => {
  const encoded = events.flatMap((vector) =>
    (['msgpack', 'json'] as const)
      .filter((format) => vector[format] !== undefined)
      .map((format) => ({ ...vector, format })),
  );
  test.each(encoded)('$name, as $format', ({ format, ...vector }) => {
    const { verdict: expected, code, path } = vector;
    expect(verdict(vector, format)).toEqual({
      verdict: expected,
      ...(code && { code }),
      ...(path !== undefined && { path }),
    });
  });

  // Time, size, withdrawal, the token's user and what a context fills in are not in the event itself.
  const elsewhere = new Set(['in_future', 'too_old', 'too_large', 'withdrawn', 'forbidden_user']);
  const alone = events.filter(
    ({ json: text, code, name, context, tokenUser }) =>
      text !== undefined && !elsewhere.has(code ?? '') && !context && !tokenUser && name !== 'a key that stands twice',
  );
  test.each(alone)('validateEvent: $name', ({ json: text, code, path }) => {
    const result = validateEvent(JSON.parse(text!));
    expect(result).toMatchObject(code ? { ok: false, code, ...(path !== undefined && { path }) } : { ok: true });
  });
});
