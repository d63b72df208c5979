import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EntryBuffers } from '../../../server/ingest/entry-buffers.ts';

it('gives out no entry buffer that is still in use', () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: 3 * 1024 * 1024 }), back: fc.nat({ max: 9 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const buffers = new EntryBuffers();
      const inUse: { bytes: Buffer; mark: number }[] = [];
      for (const [mark, { length, back }] of steps.entries()) {
        const bytes = buffers.take(length);
        expect(bytes.length).toBe(length);
        bytes.fill(mark, 0, 1).fill(mark, length - 1);
        inUse.push({ bytes, mark });
        for (const [gone] of [inUse.splice(back, 1)]) if (gone) buffers.giveBack(gone.bytes);
        for (const { bytes, mark } of inUse) expect([bytes[0], bytes[bytes.length - 1]]).toEqual([mark, mark]);
      }
    }),
    { numRuns: 50 },
  );
});

it('uses an entry buffer again', () => {
  const buffers = new EntryBuffers();
  const first = buffers.take(5_000);
  buffers.giveBack(first);
  expect(buffers.take(8_000).buffer).toBe(first.buffer);
  expect(buffers.take(8_000).buffer).not.toBe(first.buffer);
});
