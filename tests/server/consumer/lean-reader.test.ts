import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeEntry, openEntry } from '../../../format/entry.ts';
import type { IntactEntry } from '../../../format/model.ts';
import { pack } from '../../../format/msgpack.ts';
import { decodeEvents } from '../../../format/stored-event.ts';
import { UnitWriter } from '../../../format/unit.ts';
import { type LeanOptions, readLean } from '../../../server/consumer/lean-reader.ts';
import { type Signal, signalOf } from '../../../server/features/signal.ts';

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 50, unit: 'grapheme' }),
  fc.constantFrom('track-1', 'sitting', 'ü'.repeat(60)),
);
const whole = fc.oneof(fc.nat(300), fc.nat(70_000), fc.maxSafeNat());
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const present = (map: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined));

const body = fc
  .record({
    type: fc.constantFrom(
      ...['user_interaction', 'track_completed', 'track_skipped', 'explicit_rating', 'feedback_event'],
      ...['recommendation_served', 'recommendation_shown', 'something_new'],
    ),
    timestamp: whole,
    action: fc.constantFrom('play', 'pause', 'skip', 'like', 'dislike', 'complete', 'seek'),
    track_id: optional(text),
    session_id: optional(text),
    position_ms: optional(whole),
    duration_ms: optional(whole),
    rating: optional(fc.double({ min: 1, max: 5, noNaN: true })),
    recommendation_id: optional(text),
    context: optional(fc.dictionary(fc.constantFrom('source', 'playlist_id'), text)),
    tracks: optional(fc.array(text, { maxLength: 20 })),
  })
  .map(present);
const added = fc
  .record({
    event_time: optional(fc.double({ min: 0, max: 2e12, noNaN: true })),
    session_id: optional(text),
    device: optional(text),
    completion: optional(fc.double({ min: 0, max: 1, noNaN: true })),
    track: optional(fc.record({ artist: optional(text), genre: optional(text), duration_ms: optional(whole) })),
  })
  .map(({ track, ...rest }) => present({ ...rest, track: track && present(track) }));

const item = fc.record({ body, added, user: text, receivedAt: fc.nat(2 ** 41) });

it('reads the same signals as a decoder of everything', () => {
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 30 }), (items) => {
      const entry = entryOf(
        items.map(({ body, ...item }) => ({ ...item, body: pack({ ...body, user_id: item.user }) })),
      );
      const expected = decodeEvents(entry).flatMap(({ position, event }) => signalAt(position, signalOf(event)));
      expect(leanSignals(entry)).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

it('reads numbers in every format that a client may use', () => {
  const values = [5, 200, 60_000, 4_000_000_000, 2 ** 40];
  for (const position of values) {
    for (const bytes of encodings(position)) {
      const event = { type: 'track_skipped', track_id: 't', session_id: 's' };
      const packed = Buffer.from(pack({ ...event, position_ms: 0 }));
      const at = packed.indexOf('position_ms') + 'position_ms'.length;
      const entry = entryOf([
        { user: 'u', receivedAt: 1, added: {}, body: Buffer.concat([packed.subarray(0, at), bytes]) },
      ]);
      expect(leanSignals(entry)).toMatchObject([{ user: 'u', seconds: position / 1000 }]);
    }
  }
});

it('refuses what is not an entry of events without reading beyond it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      const sealed = encodeEntry('events', 1, 1, [bytes]);
      const entry = openEntry('events', 0, 1, sealed) as IntactEntry;
      try {
        readLean(entry, SIGNALS, () => {});
      } catch (error) {
        expect(['FormatError', 'ProtocolError']).toContain((error as Error).name);
      }
    }),
    { numRuns: 2_000 },
  );
});

/** Types that `signalOf` knows. */
const SIGNALS: LeanOptions = {
  types: new Set(['user_interaction', 'track_completed', 'track_skipped', 'explicit_rating']),
  others: 'left_out',
};

interface Item {
  user: string;
  receivedAt: number;
  body: Uint8Array;
  added: Record<string, unknown>;
}

function entryOf(items: readonly Item[]): IntactEntry {
  const writer = new UnitWriter();
  items.forEach(({ user, receivedAt, body, added }, index) => {
    writer.add({ seq: index + 1, subject: user, receivedAt, body, added: pack(added) });
  });
  const unit = writer.finish({ tenant: 'default', owner: 'o', producer: 'p', epoch: 3 });
  const bytes = encodeEntry('events', 1, items.length, [unit.bytes]);
  return openEntry('events', 2, items.length + 10, bytes) as IntactEntry;
}

function leanSignals(entry: IntactEntry) {
  const found: (Signal & { position: number })[] = [];
  readLean(entry, SIGNALS, ({ position, event }) => found.push(...signalAt(position, signalOf(event))));
  return found;
}

function signalAt(position: number, signal: Signal | null) {
  return signal ? [{ position, ...signal }] : [];
}

/** All MessagePack formats that hold this number. */
function encodings(value: number): Buffer[] {
  const formats: Buffer[] = [];
  const add = (token: number, size: number, write: (buffer: Buffer) => void) => {
    const buffer = Buffer.alloc(1 + size);
    buffer[0] = token;
    write(buffer);
    formats.push(buffer);
  };
  if (value < 128) formats.push(Buffer.of(value), Buffer.of(0xd0, value));
  if (value < 256) formats.push(Buffer.of(0xcc, value));
  if (value < 32_768) add(0xd1, 2, (buffer) => buffer.writeInt16BE(value, 1));
  if (value < 65_536) add(0xcd, 2, (buffer) => buffer.writeUInt16BE(value, 1));
  if (value < 2 ** 31) add(0xd2, 4, (buffer) => buffer.writeInt32BE(value, 1));
  if (value < 2 ** 32) add(0xce, 4, (buffer) => buffer.writeUInt32BE(value, 1));
  add(0xcf, 8, (buffer) => buffer.writeBigUInt64BE(BigInt(value), 1));
  add(0xd3, 8, (buffer) => buffer.writeBigInt64BE(BigInt(value), 1));
  add(0xcb, 8, (buffer) => buffer.writeDoubleBE(value, 1));
  return formats;
}
