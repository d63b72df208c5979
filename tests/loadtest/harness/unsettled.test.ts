import { expect, it } from 'vitest';
import { whyUnsettled } from '../../../loadtest/harness/unsettled.ts';

const tally = (sent: number, acknowledged: number) => ({ producer: 'p', connection: 0, sent, acknowledged });

it('names how many connections were left without an answer', () => {
  expect(whyUnsettled([tally(5, 5), tally(0, 0)])).toEqual([]);
  expect(whyUnsettled([tally(5, 5), tally(5, 4), tally(1, 0)])).toEqual([
    '2 connections were not wholly acknowledged at the end',
  ]);
});
