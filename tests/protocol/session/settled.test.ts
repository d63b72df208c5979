import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SettledNumbers } from '../../../protocol/session/settled.ts';

it('is the highest number up to which all are settled, in whatever order they come', () => {
  fc.assert(
    fc.property(
      fc.nat(1000),
      fc.uniqueArray(fc.integer({ min: 1, max: 3000 }), { maxLength: 400 }),
      (start, offsets) => {
        const settled = new SettledNumbers(start);
        const model = new Set<number>();
        for (const offset of offsets) {
          settled.add(start + offset);
          model.add(start + offset);
          let done = start;
          while (model.has(done + 1)) done++;
          expect(settled.done).toBe(done);
        }
      },
    ),
  );
});

it('ignores repeats and numbers that are settled', () => {
  const settled = new SettledNumbers(5);
  for (const seq of [5, 3, 7, 7, 6, 6]) settled.add(seq);
  expect(settled.done).toBe(7);
});
