import { expect, it } from 'vitest';
import { growthChart, growthFile, growthId, growthInWords, growthsOf } from '../../../loadtest/report/growth-chart.ts';
import type { Growth } from '../../../loadtest/report/record.ts';
import { record } from './records.ts';

const growth: Growth = {
  ...{ over: 'stored events', of: 'CPU', unit: 'us for one event' },
  points: [
    { size: 1, cost: 10 },
    { size: 8, cost: 20 },
    { size: 64, cost: 15 },
  ],
};

function places(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
}

it('has a point for each size, at equal distances where sizes have equal ratios', () => {
  const [one, eight, sixtyFour] = places(growthChart(growth, { width: 600, height: 250 }).toString());
  expect(eight!.x - one!.x).toBeGreaterThan(0);
  expect(sixtyFour!.x - eight!.x).toBeCloseTo(eight!.x - one!.x, 0);
  // From 0 on: twice the cost is twice as high.
  expect(one!.y).toBeGreaterThan(sixtyFour!.y);
  expect(sixtyFour!.y).toBeCloseTo((one!.y + eight!.y) / 2, 0);
});

it('is told in words, and has a file of its own', () => {
  expect(growthInWords(growth)).toBe('CPU over stored events, us for one event: 10 at 1, 20 at 8, 15 at 64.');
  expect(growthId(growth)).toBe('cpu-over-stored-events');
  expect(growthFile(growth, 'about it')).toMatch(/^<\?xml .*\n<svg [\s\S]*about it[\s\S]*<\/svg>\n$/);
});

it('comes from findings that have sizes', () => {
  const findings = [
    { name: 'goodput', value: 1, unit: '' },
    { name: 'exponent', value: 0.1, unit: 'exponent', growth },
    { name: 'nothing', value: 0, unit: 'exponent', growth: { ...growth, points: [] } },
  ];
  expect(growthsOf(record({ findings }))).toEqual([growth]);
});

it('names sizes only where they have room', () => {
  const points = Array.from({ length: 40 }, (_, i) => ({ size: 1.2 ** i, cost: 1 }));
  const places = (svg: string) => [...svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" text-anchor="middle">[\d.,KM]+</g)];
  const named = places(growthChart({ ...growth, points }, { width: 350, height: 230 }).toString());
  expect(named.length).toBeGreaterThan(4);
  for (let i = 1; i < named.length; i++) expect(Number(named[i]![1]) - Number(named[i - 1]![1])).toBeGreaterThan(37);
});
