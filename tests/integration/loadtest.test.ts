/** A short real run through the command line: server, generator, sampling, verifier, report. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { exitCodeOf } from '../../loadtest/report/exit-code.ts';
import type { RunRecord } from '../../loadtest/report/record.ts';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

it('loads a server at a fixed rate, verifies its log and writes what it saw', { timeout: 90_000 }, async () => {
  const out = folder.in('run.json');
  const args = [
    'loadtest',
    'steady',
    '--short',
    '--rate',
    '300',
    '--connections',
    '6',
    '--generators',
    '2',
    '--out',
    out,
  ];
  const { code, stdout, stderr } = await runCli(args, { cwd: process.cwd() });
  const record: RunRecord = JSON.parse(readFileSync(out, 'utf8'));
  expect(record.faults, stderr).toEqual([]);
  expect(record).toMatchObject({
    format: 'gapless-loadtest/1',
    scenario: 'steady',
    contender: 'embedded',
    options: { rate: 300, connections: 6, seconds: 3, seed: 1 },
  });
  const { verdict, phases, series } = record;
  expect(verdict).toMatchObject({ ok: true, missing: 0, repeated: 0, outOfOrder: 0, foreign: 0, damaged: 0 });
  expect(verdict!.acknowledged).toBe(verdict!.stored);
  expect(series.reduce((sum, { perSecond }) => sum + perSecond, 0)).toBe(verdict!.stored);
  expect(phases[0]!.latency!.count).toBeGreaterThan(0);
  expect(
    series.some(({ creditBudgetBytes = 0, residentBytes = 0 }) => creditBudgetBytes > 0 && residentBytes > 0),
  ).toBe(true);
  expect(stdout).toContain('each acknowledged event once');
  // How quick it was is a matter of what else this machine does.
  expect(code).toBe(exitCodeOf(record));
});

it('lists what it can do, and says what is wrong', async () => {
  const listed = await runHere(['loadtest', '--list']);
  const unknown = await runHere(['loadtest', 'steady', '--target', 'nobody']);
  const scenario = await runHere(['loadtest', 'nothing']);
  const remote = await runHere(['loadtest', 'steady', '--url', 'ws://example.com']);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  for (const name of ['steady', 'saturation', 'step-up', 'burst', 'embedded', 'redis', 'straightforward']) {
    expect(listed.stdout).toContain(`  ${name}`);
  }
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('Known are embedded');
  expect(scenario.code).toBe(1);
  expect(scenario.stderr).toContain('there is no scenario nothing');
  expect(remote.code).toBe(1);
  expect(remote.stderr).toContain('not this machine');
});
