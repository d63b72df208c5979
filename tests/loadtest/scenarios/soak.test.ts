/** A scenario in its short form, as a user runs it: a server, a load, what happens to both, and the judge at the end. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Child } from '../../../loadtest/harness/child.ts';
import type { RunRecord } from '../../../loadtest/report/record.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gapless-short-runs-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(scenario: string, ...args: string[]): Promise<RunRecord> {
  const out = path.join(folder, `${scenario}.json`);
  const child = Child.node([path.resolve('dist/loadtest/main.js'), scenario, '--short', ...args, '--out', out]);
  await child.end();
  const text = await readFile(out, 'utf8').catch(() => {
    throw new Error(child.tail);
  });
  return JSON.parse(text) as RunRecord;
}

const found = (record: RunRecord, name: string) => record.findings.find((finding) => finding.name === name)!;

it('soak: retention lets go of the oldest, the log keeps its size, and what is there is right', async () => {
  const record = await run('soak', '--seconds', '4', '--connections', '20', '--retention', '256KiB');
  expect(record).toMatchObject({ scenario: 'soak', contender: 'embedded', faults: [] });
  expect(record.verdict).toMatchObject({ ok: true, missing: 0, repeated: 0, examples: [] });
  expect(record.verdict?.trimmed).toBeGreaterThan(0);
  expect(found(record, 'let go by retention').value).toBeGreaterThan(0);
  // How large it was at most is what the machine makes of it.
  expect(found(record, 'log at most').bound).toBeDefined();
}, 90_000);
