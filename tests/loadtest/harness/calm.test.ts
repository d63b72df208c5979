import { describe, expect, it } from 'vitest';
import { calmSince } from '../../../loadtest/harness/calm.ts';

const due = Array.from({ length: 200 }, (_, i) => i * 10);
/** Slow from 500 to 800 ms. */
const took = due.map((at) => (at >= 500 && at < 800 ? 300 : 5));

describe('calmSince', () => {
  it('finds when it is well again after a slow time', () => {
    expect(calmSince({ due, took }, 500, 20, 400, 2_000)).toBe(800);
    expect(calmSince({ due, took }, 0, 20, 400, 2_000)).toBe(0);
  });

  it('waits until it has been well for long enough', () => {
    const early = { due: due.slice(0, 100), took };
    expect(calmSince(early, 500, 20, 400, 990)).toBeNull();
    expect(calmSince(early, 1_500, 20, 400, 990)).toBeNull();
  });

  it('overlooks one slow answer in many, and not a run of them', () => {
    const withOne = took.map((ms, i) => (i === 100 ? 300 : ms));
    expect(calmSince({ due, took: withOne }, 800, 20, 400, 2_000)).toBe(800);
    const withRun = took.map((ms, i) => (i >= 90 && i < 100 ? 300 : ms));
    expect(calmSince({ due, took: withRun }, 800, 20, 400, 2_000)).toBe(1_000);
  });

  it('counts what is not answered with its time so far', () => {
    const open = { due: due.slice(0, 100), took: took.slice(0, 85) };
    expect(calmSince(open, 800, 20, 100, 990)).toBeNull();
  });
});
