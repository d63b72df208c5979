import { expect, it } from 'vitest';
import { SAMPLED, Sample } from '../../../server/session/sample.ts';

it('takes the first frame, and one of so many from then on', () => {
  const sample = new Sample();
  const taken = Array.from({ length: 3 * SAMPLED }, (_, i) => (sample.next() ? i : -1)).filter((i) => i >= 0);
  expect(taken).toEqual([0, SAMPLED, 2 * SAMPLED]);
});
