import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { compareCommand } from '../../../loadtest/compare/command.ts';
import { obstacles, subjects } from '../../../loadtest/compare/comparable.ts';
import { compare, judge } from '../../../loadtest/compare/compare.ts';
import type { RunRecord } from '../../../loadtest/report/record.ts';
import { record } from '../report/records.ts';

const phase = (perSecond: number, over = {}) => ({ name: 'steady', from: 0, seconds: 10, perSecond, ...over });
const at = (rate: number, over: Partial<RunRecord> = {}) => record({ phases: [phase(rate)], ...over });
const group = (name: string, ...records: RunRecord[]) => ({
  name,
  runs: records.map((one, i) => ({ file: `${name}/${i}.json`, record: one })),
  leftOut: [],
});

describe('a judgement', () => {
  const figures = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 });
  const turned = { better: 'worse', worse: 'better' } as Record<string, string>;

  test('turns round with the sides and with the direction', () => {
    fc.assert(
      fc.property(figures, figures, (a, b) => {
        const found = judge(a, b, 'more');
        expect(judge(b, a, 'more')).toBe(turned[found] ?? found);
        expect(judge(a, b, 'less')).toBe(turned[found] ?? found);
        expect(judge(a, b, 'neither')).toBe('none');
      }),
    );
  });

  test('speaks of a difference only where no run of one side reaches the other', () => {
    fc.assert(
      fc.property(figures, figures, (a, b) => {
        const found = judge(a, b, 'more');
        const isEnough = a.length >= 3 && b.length >= 3;
        expect(found === 'better').toBe(isEnough && a.every((one) => b.every((other) => other > one)));
        expect(found === 'few').toBe(!isEnough);
      }),
    );
  });
});

it('puts medians, spreads and ratios against the first side', () => {
  const samples = [1, 2].map((second) => ({ at: second, perSecond: 1, residentBytes: second * 100, cores: second }));
  const a = group('a', at(100, { series: samples }), at(110), at(90));
  const b = group(
    'b',
    at(200),
    at(260),
    at(220, { findings: [{ name: 'knee', value: 5, unit: 's', bound: { most: 9 } }] }),
  );
  const rows = compare([a, b]);
  const row = (name: string) => rows.find((one) => one.name === name)!;
  expect(row('throughput').sides).toEqual([
    { runs: 3, median: 100, least: 90, most: 110, ratio: null, judgement: null },
    { runs: 3, median: 220, least: 200, most: 260, ratio: 2.2, judgement: 'better' },
  ]);
  expect(row('memory, most').sides).toEqual([expect.objectContaining({ median: 200 }), null]);
  expect(row('server cores, mean').sides[0]).toMatchObject({ median: 1.5, runs: 1 });
  expect(row('knee')).toMatchObject({ phase: 'findings', better: 'less', sides: [null, { median: 5, ratio: null }] });
});

describe('what is comparable', () => {
  const { machine } = record();

  it('is the same load on the same machine; who met it may differ, and is named', () => {
    const other = at(1, {
      contender: 'redis',
      env: { GAPLESS_PARTITIONS: '4' },
      machine: { ...machine, commit: 'def' },
    });
    const groups = [group('a', at(1)), group('b', other)];
    expect(obstacles(groups)).toEqual([]);
    expect(subjects(groups)).toEqual([
      'contender: embedded in a, redis in b',
      'commit: abc1234 in a, def in b',
      'GAPLESS_PARTITIONS: not set in a, 4 in b',
    ]);
  });

  it.each([
    ['scenario', { scenario: 'burst' }],
    ['machine cores', { machine: { ...machine, cores: 64 } }],
    ['option seconds', { options: { seconds: 60 } }],
    ['option short', { options: { seconds: 10, short: true } }],
    ['unit', { unit: 'requests' }],
  ])('is not another %s', (what, over) => {
    expect(obstacles([group('a', at(1)), group('b', at(1, over))])).toEqual([
      expect.stringMatching(new RegExp(`^${what} is .* in a/0.json and .* in b/0.json$`)),
    ]);
  });

  it('is not a folder of repetitions that differ among themselves', () => {
    const mixed = group('a', at(1), at(1, { contender: 'redis' }));
    expect(obstacles([mixed, group('b', at(1))])).toEqual([
      'repetitions of a differ: contender is embedded in a/0.json and redis in a/1.json',
    ]);
  });
});

describe('the command', () => {
  let folder: string;
  const file = (name: string, value: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(value));
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gapless-compare-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: string[]): Promise<string> {
    const said: string[] = [];
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    const log = vi.spyOn(console, 'log').mockImplementation((text) => void said.push(`${text}\n`));
    try {
      await compareCommand().parseAsync(args, { from: 'user' });
    } finally {
      out.mockRestore();
      log.mockRestore();
    }
    return said.join('');
  }

  it('leaves out what does not count, and says so', async () => {
    file('good.json', at(100));
    file('invalid.json', at(1, { invalid: ['the generator was the bottleneck'] }));
    file('bench.json', { machine: {} });
    const found = JSON.parse(await run(folder, join(folder, 'good.json'), '--json'));
    expect(found.groups[0].runs).toEqual([join(folder, 'good.json')]);
    expect(found.groups[0].leftOut.map(({ why }: { why: string }) => why)).toEqual([
      'not a report of the load test',
      'the generator was the bottleneck',
    ]);
    expect(found.rows[0].sides[1].ratio).toBe(1);
  });

  it('refuses what is not comparable unless it is told to, and then says so', async () => {
    const [a, b] = [file('a.json', at(100)), file('b.json', at(50, { scenario: 'burst' }))];
    await expect(run(a, b)).rejects.toMatchObject({ fix: expect.stringContaining('scenario is steady') });
    const text = await run(a, b, '--force');
    expect(text).toContain('NOT COMPARABLE: scenario is steady');
    expect(text).toMatch(/throughput .* 100 events\/s .* 50 events\/s .* 0\.50x .* too few runs/);
  });

  it('says what is wrong with what it is given', async () => {
    const a = file('c.json', at(1));
    await expect(run(a)).rejects.toThrow('1 to compare');
    await expect(run(a, join(folder, 'none.json'))).rejects.toThrow('does not exist');
    await expect(run(a, file('text.json', 'text'))).rejects.toThrow('is not a report');
    const lost = file('lost.json', at(1, { invalid: ['late'] }));
    await expect(run(a, lost)).rejects.toMatchObject({ message: expect.stringContaining('no run that counts') });
  });
});
