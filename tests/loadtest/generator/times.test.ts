import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Times } from '../../../loadtest/generator/times.ts';

it('gives back what was pushed, in order, and no more than there is', () => {
  const step = fc.record({ push: fc.nat(9_000), take: fc.nat(9_000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const times = new Times();
      const model: number[] = [];
      let next = 0;
      for (const { push, take } of steps) {
        for (let i = 0; i < push; i++) {
          times.push(next);
          model.push(next++);
        }
        const taken: number[] = [];
        times.take(take, (time) => taken.push(time));
        expect(taken).toEqual(model.splice(0, take));
        expect(times.length).toBe(model.length);
      }
    }),
    { numRuns: 30 },
  );
});
