import { Packr } from 'msgpackr/pack';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../format/bytes.ts';
import { decodeReason, encodeReason } from '../../format/dead-letter.ts';
import { encodeEntry, openEntry } from '../../format/entry.ts';
import type { IntactEntry, Stream } from '../../format/model.ts';
import { decodeDeadLetters, decodeEvents } from '../../format/stored-event.ts';
import { type UnitItem, UnitWriter } from '../../format/unit.ts';

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
const pack = (value: unknown): Uint8Array => Buffer.from(packr.pack(value));
const AT = 1_790_000_000_000;

function producer(name: string) {
  return { tenant: 'default', owner: '', producer: name, epoch: 3 };
}

function intact(stream: Stream, last: number, count: number, units: [string, UnitItem[]][]): IntactEntry {
  const writer = new UnitWriter();
  const encoded = units.map(([name, items]) => {
    for (const item of items) writer.add(item);
    return writer.finish(producer(name)).bytes;
  });
  const item = openEntry(stream, 2, last, encodeEntry(stream, AT, count, encoded));
  if (item.status !== 'intact') throw new Error(item.reason);
  return item;
}

function event(seq: number, body: unknown, added: unknown = {}): UnitItem {
  return { seq, subject: 'u-1', receivedAt: AT + seq, body: pack(body), added: pack(added) };
}

describe('decodeEvents', () => {
  it('lays what was added over what was sent, and the stamp over both', () => {
    const body = {
      type: 'explicit_rating',
      user_id: 'u-1',
      timestamp: 2 ** 52 + 1,
      context: { source: 'radio' },
      seq: 99,
    };
    const added = { context: { source: 'radio', device_type: 'tv' }, event_time: AT - 5.5, tenant: 'forged' };
    const entry = intact('events', 42, 1, [['p-1', [event(7, body, added)]]]);
    expect(decodeEvents(entry)).toEqual([
      {
        position: 42,
        event: {
          type: 'explicit_rating',
          user_id: 'u-1',
          timestamp: 2 ** 52 + 1,
          context: { source: 'radio', device_type: 'tv' },
          event_time: AT - 5.5,
          tenant: 'default',
          producer: 'p-1',
          epoch: 3,
          seq: 7,
          received_at: AT + 7,
        },
      },
    ]);
  });

  it('reads 64-bit integers as numbers', () => {
    const body = Buffer.concat([
      Buffer.of(0x81),
      pack('timestamp'),
      Buffer.of(0xcf, 0, 0, 0x01, 0xa0, 0xc4, 0x1d, 0xe8, 0),
    ]);
    const entry = intact('events', 1, 1, [['p', [{ ...event(1, {}), body }]]]);
    expect(decodeEvents(entry)[0]!.event.timestamp).toBe(0x1a0_c41d_e800);
  });

  it('counts positions over all units', () => {
    const entry = intact('events', 10, 5, [
      ['a', [event(1, { n: 1 }), event(2, { n: 2 })]],
      ['b', [event(1, { n: 3 })]],
      ['a', [event(3, { n: 4 }), event(9, { n: 5 })]],
    ]);
    const read = decodeEvents(entry);
    expect(read.map(({ position }) => position)).toEqual([6, 7, 8, 9, 10]);
    expect(read.map(({ event }) => [event.producer, event.seq, event.n])).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
      ['b', 1, 3],
      ['a', 3, 4],
      ['a', 9, 5],
    ]);
  });

  it.each([
    ['a body that is no map', event(1, [1])],
    ['a body that is no MessagePack', { ...event(1, {}), body: Uint8Array.of(0x82, 0xa1) }],
    ['an addition that is no map', event(1, {}, 'x')],
    ['no body', { ...event(1, {}), body: new Uint8Array(0) }],
  ])('refuses %s', (_name, item) => {
    expect(() => decodeEvents(intact('events', 1, 1, [['p', [item]]]))).toThrow(FormatError);
  });

  it('refuses an entry that does not hold what it counts', () => {
    expect(() => decodeEvents(intact('events', 9, 2, [['p', [event(1, {})]]]))).toThrow(FormatError);
  });
});

describe('decodeDeadLetters', () => {
  const reason = { stage: 'validate', code: 'invalid_field', path: 'action', message: 'no', format: 'json' } as const;
  const letter = (added: Uint8Array): UnitItem => ({
    seq: 4,
    subject: '',
    receivedAt: AT,
    body: Buffer.from('{"type":'),
    added,
  });

  it('gives the original bytes with the reason', () => {
    const entry = intact('dead-letters', 3, 1, [
      ['p-1', [letter(encodeReason({ ...reason, context: { user_id: 'u' } }))]],
    ]);
    const [read] = decodeDeadLetters(entry);
    expect(read).toMatchObject({
      position: 3,
      letter: {
        ...reason,
        tenant: 'default',
        producer: 'p-1',
        epoch: 3,
        seq: 4,
        received_at: AT,
        context: { user_id: 'u' },
      },
    });
    expect(Buffer.from(read!.letter.bytes).toString()).toBe('{"type":');
  });

  it('has no context where the connection had none', () => {
    expect(decodeReason(encodeReason(reason))).toEqual(reason);
    expect('context' in decodeReason(encodeReason({ ...reason, context: undefined }))).toBe(false);
  });

  it('refuses a reason that is none', () => {
    expect(() => decodeDeadLetters(intact('dead-letters', 1, 1, [['p', [letter(pack({ x: 1 }))]]]))).toThrow(
      FormatError,
    );
  });
});
