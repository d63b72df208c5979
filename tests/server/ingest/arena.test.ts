import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena, type Copy } from '../../../server/ingest/arena.ts';

it('never overwrites a copy that is still needed', () => {
  const action = fc.oneof(
    fc.record({ size: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 200_000, max: 300_000 })) }),
    fc.record({ release: fc.nat(100) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const arena = new Arena();
      const live: { copy: Copy; size: number; fill: number }[] = [];
      let fill = 0;
      for (const one of actions) {
        if ('size' in one) {
          fill = (fill + 1) % 256;
          live.push({ copy: arena.copy(new Uint8Array(one.size).fill(fill)), size: one.size, fill });
        } else if (live.length > 0) live.splice(one.release % live.length, 1)[0]!.copy.release();
        for (const { copy, size, fill: own } of live) {
          expect(copy.bytes.length).toBe(size);
          expect([copy.bytes[0], copy.bytes[size - 1]]).toEqual([own, own]);
        }
      }
    }),
    { numRuns: 30 },
  );
});

it('uses a chunk again once all its copies are released', () => {
  const arena = new Arena();
  const frame = new Uint8Array(100_000);
  const first = arena.copy(frame);
  const buffer = first.bytes.buffer;
  first.release();
  const seen = new Set<ArrayBufferLike>();
  for (let i = 0; i < 10; i++) {
    const copy = arena.copy(frame);
    seen.add(copy.bytes.buffer);
    copy.release();
  }
  expect(seen.has(buffer)).toBe(true);
  expect(seen.size).toBeLessThanOrEqual(2);
});
