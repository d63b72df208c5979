import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { chart, chartFile, inWords, NARROW, WIDE } from '../../../loadtest/report/chart.ts';
import type { Plot } from '../../../loadtest/report/plot.ts';
import { plotsOf } from '../../../loadtest/report/plots.ts';
import { record, records } from './records.ts';

/** Throws at anything that is not well-formed. The parser takes U+FFFD, which stands for what XML cannot hold, for a sign of a wrong encoding. */
function parse(text: string) {
  const onError = (level: string, message: string): never => {
    throw new Error(`${level}: ${message}\n${text}`);
  };
  return new DOMParser({ onError }).parseFromString(text.replaceAll('\ufffd', '?'), 'image/svg+xml');
}

function plot(values: readonly (number | null)[], over: Partial<Plot> = {}): Plot {
  const times = values.map((_, i) => i + 1);
  const lines = [{ label: 'one', look: 'main', merge: 'mean', values } as const];
  return { id: 'one', title: 'One', quantity: 'things', unit: 'count', phases: [], times, lines, ...over };
}

const paths = (text: string) => [...text.matchAll(/<path class="line \w+" d="([^"]*)"/g)].map(([, d]) => d!);
/** Each `M` begins a stroke that is not joined to what is before it. */
const strokes = (text: string) => paths(text)[0]!.split('M').slice(1);
const labels = (text: string) => [...text.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, label]) => label!);

test('every plot of every record is well-formed, and every number in it finite and inside of it', () => {
  fc.assert(
    fc.property(records, (run) => {
      for (const one of plotsOf(run)) {
        for (const { text, width, height } of [
          { ...WIDE, text: chart(one, WIDE).toString() },
          { ...NARROW, text: chart(one, NARROW).toString() },
          { width: 760, height: 334, text: chartFile(one, run.title) },
        ]) {
          parse(text);
          expect(text).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u);
          const drawn = text.replace(/aria-label="[^"]*"|<text class="title".*?<\/text>|>[^<]*<\/text>/gs, '');
          expect(drawn).not.toMatch(/NaN|Infinity|undefined|null/);
          const outside = [...drawn.matchAll(/ (x|y)[12]?="([^"]*)"/g)].filter(
            ([, axis, place]) => !(Number(place) >= 0 && Number(place) <= (axis === 'x' ? width : height)),
          );
          expect(outside.map(([found]) => found)).toEqual([]);
          for (const d of paths(text)) expect(d).toMatch(/^(M[\d.]+,[\d.]+(L[\d.]+,[\d.]+)*Z?)*$/);
        }
      }
    }),
    { numRuns: 12 },
  );
});

describe('a line', () => {
  it('is broken where a value is missing, and where a second is', () => {
    expect(strokes(chart(plot([1, 2, null, 4, 5]), WIDE).toString())).toHaveLength(2);
    expect(strokes(chart(plot([1, 2, 3, 4], { times: [1, 2, 5, 6] }), WIDE).toString())).toHaveLength(2);
    expect(strokes(chart(plot([1, 2, 3]), WIDE).toString())).toHaveLength(1);
  });

  it('shows a value that stands alone', () => {
    expect(strokes(chart(plot([null, 2, null]), WIDE).toString())).toHaveLength(1);
  });

  it('has no more points than there is room for, and says how many seconds each is', () => {
    const long = plot(Array.from({ length: 3_600 }, (_, i) => i));
    const text = chart(long, WIDE).toString();
    expect(paths(text)[0]!.split('L').length).toBeLessThan(WIDE.width / 2);
    expect(labels(text).join()).toMatch(/\(min\); a point is \d+ s/);
  });

  it('keeps the worst second of a point where it says so', () => {
    const values = Array.from({ length: 3_600 }, (_, i) => (i === 1_234 ? 1_000 : 1));
    const [line] = plot(values).lines;
    const heights = (merge: 'most' | 'mean') => {
      const text = chart(plot(values, { lines: [{ ...line!, merge }] }), WIDE).toString();
      return Math.min(...[...paths(text)[0]!.matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y)));
    };
    expect(heights('most')).toBeLessThan(heights('mean'));
  });
});

describe('an axis', () => {
  it('is logarithmic only where it may be and values span decades', () => {
    const isLog = (values: number[], mayBeLog: boolean) =>
      chart(plot(values, { mayBeLog }), WIDE).toString().includes('log scale');
    expect(isLog([1, 1_000], true)).toBe(true);
    expect(isLog([1, 1_000], false)).toBe(false);
    expect(isLog([1, 5], true)).toBe(false);
    expect(isLog([0, 5], true)).toBe(false);
  });

  it('names its unit', () => {
    const text = chart(plot([64 * 1024 ** 2], { unit: 'bytes', quantity: 'resident' }), WIDE).toString();
    expect(labels(text)).toContain('MiB resident');
    expect(labels(text)).toContain('60');
  });
});

it('names phases where they have room, and numbers them where not', () => {
  const phases = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `phase ${'abcdefghijkl'[i]}`, from: i, seconds: 1 }));
  expect(labels(chart(plot([1], { phases: phases(3) }), WIDE).toString())).toContain('phase c');
  const crowded = labels(chart(plot([1], { phases: phases(12) }), WIDE).toString());
  expect(crowded).toContain('12');
  expect(crowded.join()).not.toContain('phase');
});

it('keeps the names of lines that end together apart', () => {
  const { lines, ...rest } = plot([1]);
  const three = ['a', 'b', 'c'].map((label) => ({ ...lines[0]!, label }));
  const text = chart({ ...rest, lines: three }, WIDE).toString();
  const heights = [...text.matchAll(/<text class="main" x="[^"]*" y="([^"]*)"/g)].map(([, y]) => Number(y));
  expect(heights).toHaveLength(3);
  const sorted = heights.sort((a, b) => a - b);
  expect(Math.min(sorted[1]! - sorted[0]!, sorted[2]! - sorted[1]!)).toBeGreaterThanOrEqual(12);
});

it('is told in words, without figures too', () => {
  expect(inWords(plot([1, 2, 9]))).toBe('One, things, over 3 s: one 1 to 9, median 2.');
  expect(inWords(plotsOf(record())[0]!)).toContain('no figures');
});
