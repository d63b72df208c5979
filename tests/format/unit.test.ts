import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter, FormatError } from '../../format/bytes.ts';
import { decodeUnits, type UnitItem, UnitWriter, withoutSeqs } from '../../format/unit.ts';
import { producerIds, unitItems } from './arbitrary.ts';

const PRODUCER = { tenant: 'default', owner: '', producer: 'p-1', epoch: 1 };

function encode(items: readonly UnitItem[], producer = PRODUCER): Uint8Array {
  const writer = new UnitWriter();
  for (const item of items) writer.add(item);
  return writer.finish(producer).bytes;
}

function item(seq: number, subject = 'u', receivedAt = 1_000): UnitItem {
  return { seq, subject, receivedAt, body: Uint8Array.of(seq), added: Uint8Array.of(0x80) };
}

/** Plain arrays compare faster and print better than typed ones. */
function plain(items: readonly UnitItem[]): unknown[] {
  return items.map(({ body, added, ...rest }) => ({ ...rest, body: [...body], added: [...added] }));
}

describe('units', () => {
  it('read as written', () => {
    fc.assert(
      fc.property(producerIds, unitItems, (producer, items) => {
        const [unit, ...more] = decodeUnits(encode(items, producer));
        expect(more).toEqual([]);
        expect(unit!.producer).toEqual(producer);
        expect(plain(unit!.items)).toEqual(plain(items));
      }),
    );
  });

  it('stand one after another, written by one writer, with or without views', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(producerIds, unitItems), { maxLength: 4 }), (units) => {
        const writer = new UnitWriter();
        const out = new ByteWriter(16);
        const added = new ByteWriter(16);
        for (const [producer, items] of units) {
          for (const { seq, subject, receivedAt, body, added: extra } of items) {
            const source = Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]);
            added.clear();
            added.bytes(extra);
            writer.addRange(seq, subject, receivedAt, source, 6, 6 + body.length, added);
          }
          expect(writer.finishInto(out, producer)).toBe(items.length);
        }
        const decoded = decodeUnits(out.view());
        expect(decoded.map(({ producer }) => producer)).toEqual(units.map(([producer]) => producer));
        expect(decoded.map(({ items }) => plain(items))).toEqual(units.map(([, items]) => plain(items)));
        expect(Buffer.concat(units.map(([producer, items]) => encode(items, producer))).equals(out.view())).toBe(true);
      }),
    );
  });

  it('share a run for consecutive events of one subject', () => {
    const one = encode([item(1), item(2), item(3)]).length;
    const three = encode([item(1, 'a'), item(2, 'b'), item(3, 'c')]).length;
    // Length, first number, count, key id, time (2) and subject (2).
    expect(three - one).toBe(2 * 8);
  });

  it('refuse numbers that do not rise, and the writer can be used again', () => {
    const writer = new UnitWriter();
    writer.add(item(5));
    expect(() => writer.add(item(5))).toThrow(RangeError);
    expect(() => writer.add(item(4, 'other'))).toThrow(RangeError);
    writer.reset();
    writer.add(item(1));
    const { bytes, count } = writer.finish(PRODUCER);
    expect(count).toBe(1);
    expect(Buffer.from(bytes).equals(encode([item(1)]))).toBe(true);
  });

  it('of another schema version, sealed, or cut are refused', () => {
    const bytes = encode([item(1), item(2)]);
    const version = 4 + PRODUCER.tenant.length + 1 + 1 + PRODUCER.producer.length;
    expect(bytes[version]).toBe(1);
    const changed = Uint8Array.from(bytes);
    changed[version] = 2;
    expect(() => decodeUnits(changed)).toThrow('schema version 2');
    const sealed = Uint8Array.from(bytes);
    sealed[version + 1 + 3] = 1;
    expect(() => decodeUnits(sealed)).toThrow('sealed');
    for (let length = 1; length < bytes.length; length++) {
      expect(() => decodeUnits(bytes.subarray(0, length))).toThrow(FormatError);
    }
  });
});

describe('withoutSeqs', () => {
  it('leaves out what is told, and nothing else', () => {
    fc.assert(
      fc.property(producerIds, unitItems, fc.func(fc.boolean()), (producer, items, choose) => {
        const drop = (seq: number) => choose(seq);
        const cut = withoutSeqs(encode(items, producer), drop);
        const kept = items.filter(({ seq }) => !drop(seq));
        expect(cut.count).toBe(kept.length);
        expect(plain(decodeUnits(cut.bytes).flatMap((unit) => unit.items))).toEqual(plain(kept));
        if (kept.length > 0) expect(Buffer.from(cut.bytes).equals(encode(kept, producer))).toBe(true);
      }),
    );
  });

  it('of nothing is nothing', () => {
    expect(withoutSeqs(new Uint8Array(0), () => true)).toEqual({ bytes: new Uint8Array(0), count: 0 });
  });
});
