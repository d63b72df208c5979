import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codecFor, MAX_NUMBER, SUBPROTOCOLS } from '../../protocol/wire.ts';

const edges = [0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, MAX_NUMBER - 70_000];

test.each(SUBPROTOCOLS)('%s: publishBytes is the size of what encodePublish makes', (subprotocol) => {
  const codec = codecFor(subprotocol);
  const event = codec.encodeEvent({ n: 'ü' });
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 1, max: MAX_NUMBER - 70_000 })),
      fc.oneof(fc.constantFrom(1, 15, 16, 65_535, 65_536), fc.integer({ min: 1, max: 300 })),
      (first, count) => {
        const events = new Array(count).fill(event);
        const message = codec.encodePublish(first, events);
        const bytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length;
        expect(codec.publishBytes(first, count, count * event.bytes)).toBe(bytes);
      },
    ),
    { numRuns: 60 },
  );
});

test('encoded events keep their bytes whatever is encoded after them', () => {
  const codec = codecFor('gapless.v1.msgpack');
  const events = Array.from({ length: 3000 }, (_, n) => codec.encodeEvent({ n, pad: 'x'.repeat((n * 37) % 1500) }));
  events.forEach(({ data, bytes }, n) => {
    const again = codec.encodeEvent({ n, pad: 'x'.repeat((n * 37) % 1500) });
    expect(Buffer.compare(data as Uint8Array, again.data as Uint8Array)).toBe(0);
    expect(bytes).toBe(data.length);
  });
});
