import axe from 'axe-core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { page } from '../../../loadtest/report/page.ts';
import type { RunRecord } from '../../../loadtest/report/record.ts';
import { describeInBrowser, startBrowser, type TestBrowser } from '../../helpers/browser.ts';
import { record, records } from './records.ts';

const HOSTILE = '</style></title><script>globalThis.hit = 1</script><img src=x onerror="globalThis.hit = 1">\'"&';

function busy(): RunRecord {
  const latency = { count: 9, p50: 1, p90: 2, p99: 30, p999: 400, max: 5_000 };
  return record({
    title: HOSTILE,
    scenario: HOSTILE,
    contender: HOSTILE,
    options: { note: HOSTILE },
    env: { GAPLESS_X: HOSTILE },
    phases: [
      { name: HOSTILE, from: 0, seconds: 5, perSecond: 10, offeredPerSecond: 12, latency, lateness: latency },
      { name: 'after', from: 5, seconds: 5, perSecond: 10, latency, cpuMicros: { server: 1, [HOSTILE]: 2 } },
    ],
    series: Array.from({ length: 10 }, (_, i) => ({
      at: i + 1,
      perSecond: 10 + i,
      offeredPerSecond: 12,
      latency: { p50: 1, p99: 30, max: 500 * (i + 1) },
      creditBytes: 1e6,
      creditBudgetBytes: 2e6,
      pressure: 0.5,
      residentBytes: 1e8,
      cores: 0.5,
      connections: 5,
    })),
    findings: [
      { name: HOSTILE, value: 3, unit: HOSTILE, bound: { most: 2 }, note: HOSTILE },
      { name: 'goodput', value: 0.95, unit: '', bound: { least: 0.9 } },
      {
        ...{ name: 'growth', value: 0.5, unit: 'exponent' },
        growth: {
          over: HOSTILE,
          of: HOSTILE,
          unit: HOSTILE,
          points: [
            { size: 1, cost: 2 },
            { size: 4, cost: 4 },
          ],
        },
      },
    ],
    faults: [HOSTILE],
    invalid: [HOSTILE],
  });
}

test('whatever a record holds, no markup comes of it', () => {
  const names = (text: string) => [...text.matchAll(/<([a-z]\w*)/gi)].map(([, name]) => name!.toLowerCase());
  const own = new Set(names(page(busy())));
  expect(own).not.toContain('script');
  fc.assert(
    fc.property(records, (run) => {
      expect([...own]).toEqual(expect.arrayContaining(names(page(run))));
    }),
    { numRuns: 15 },
  );
});

describeInBrowser('the page', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('needs nothing but itself, runs nothing, has no fault that axe knows of, and fits a phone', async () => {
    const opened = await browser.context.newPage();
    const asked: string[] = [];
    opened.on('request', (request) => asked.push(request.url()));
    await opened.setViewportSize({ width: 390, height: 844 });
    await opened.setContent(page(busy()));
    expect(asked).toEqual([]);
    expect(await opened.evaluate(() => (globalThis as { hit?: number }).hit)).toBeUndefined();
    expect(await opened.locator('svg.narrow').first().isVisible()).toBe(true);
    expect(await opened.locator('svg.wide').first().isVisible()).toBe(false);
    const widths = () => {
      const root = (
        globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
      ).document.documentElement;
      return [root.scrollWidth, root.clientWidth];
    };
    const [needed, given] = await opened.evaluate(widths);
    expect(needed).toBe(given);
    await opened.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      await opened.emulateMedia({ colorScheme });
      const found = await opened.evaluate(() =>
        (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'], preload: false }),
      );
      expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    }
    await opened.close();
  });
});
