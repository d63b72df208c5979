import { describe, expect, it } from 'vitest';
import type { Step, StepContext } from '../../../loadtest/bench/figures.ts';
import type { Measurement } from '../../../loadtest/bench/measure.ts';
import { repeat, rotated } from '../../../loadtest/bench/repeat.ts';

const CONTEXT: StepContext = { events: { seed: 1, perConnection: 1, startMs: 0 }, short: true, connections: 1 };

function step(title: string, run: Step['run']): Step {
  return { part: 'throughput', who: title, title, short: true, missing: () => null, run };
}

describe('repeat', () => {
  it('runs every step once a repetition, each time in another order', async () => {
    const ran: string[] = [];
    const steps = ['a', 'b', 'c'].map((title) =>
      step(title, async () => {
        ran.push(title);
        return { figures: { [title]: ran.length }, problems: [] };
      }),
    );
    const { repetitions } = await repeat(steps, 3, CONTEXT, () => undefined);
    expect(ran.join('')).toBe('abcbcacab');
    expect(repetitions.map(({ figures }) => figures)).toEqual([
      { a: 1, b: 2, c: 3 },
      { b: 4, c: 5, a: 6 },
      { c: 7, a: 8, b: 9 },
    ]);
  });

  it('leaves out figures of a step that has problems or throws, and goes on', async () => {
    const steps = [
      step('lost', async () => ({ figures: { lost: 1 }, problems: ['one is missing'] })),
      step('broken', async () => {
        throw new Error('no disk');
      }),
      step('good', async () => ({ figures: { good: 1 }, problems: [] })),
    ];
    const { repetitions } = await repeat(steps, 1, CONTEXT, () => undefined);
    expect(repetitions).toEqual([{ figures: { good: 1 }, problems: ['lost: one is missing', 'broken: no disk'] }]);
  });

  it('looks where the time went only in what counts', async () => {
    const measurement = { contender: 'c' } as Measurement;
    const steps = [
      step('lost', async () => ({ figures: {}, problems: ['one is missing'], measurement })),
      step('good', async () => ({ figures: {}, problems: [], measurement })),
    ];
    const { measurements } = await repeat(steps, 2, CONTEXT, () => undefined);
    expect([...measurements]).toEqual([['good', [measurement, measurement]]]);
  });
});

describe('rotated', () => {
  it('keeps the round', () => {
    expect(rotated([1, 2, 3, 4, 5, 6], 1)).toEqual([3, 4, 5, 6, 1, 2]);
    expect(rotated([1], 7)).toEqual([1]);
    expect(rotated([], 3)).toEqual([]);
  });
});
