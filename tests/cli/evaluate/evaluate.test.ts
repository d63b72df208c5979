import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from '../../helpers/cli.ts';
import { runHere } from '../../helpers/cli-here.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const SAMPLE = 'docs/samples/listening.ndjson.gz';
const CATALOGUE = 'docs/samples/catalogue.csv';

describe('gapless evaluate', () => {
  it('prints the figures that can be worked out by hand', async () => {
    const clicks = folder.in('clicks.csv');
    // The last item was followed by: nothing, b, b and c.
    writeFileSync(clicks, 'session_id,item_id,timestamp\n1,a,0\n1,b,1\n2,a,10\n2,c,11\n3,a,20\n3,b,21\n');
    const { code, stdout } = await runHere(['evaluate', clicks, '--from', '0', '--models', 'last_item', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ file: clicks, count: 20, from: 0, frozen: false, repeats: 'allow' },
      ...{ events: 6, clicks: 6, sessions: 3, tracks: 3, learned: 6 },
      results: [{ model: 'last_item', predictions: 3, hitRate: 1 / 3, reciprocalRank: 1 / 3, coverage: 2 / 3 }],
    });
  });

  it('reads standard input, and says how it understood a table without a header', async () => {
    const rows = Array.from({ length: 40 }, (_, n) => `s${n % 10},${1_400_000_000 + n},i${n % 7}\n`).join('');
    const { code, stdout, stderr } = await runCli(['evaluate', '-', '--count', '5'], { stdin: rows });
    expect(code).toBe(0);
    expect(stderr).toContain('- has no header: session is column 1, item column 3, time column 2.');
    expect(stdout).toContain('40 clicks in 10 sessions, 7 tracks');
    expect(stdout).toMatch(/model +HR@5 +MRR@5 +coverage/);
    for (const model of ['blend', 'session_knn', 'cooccurrence', 'popularity', 'last_item']) {
      expect(stdout).toMatch(new RegExp(`^${model} +[01]\\.\\d{4}`, 'm'));
    }
    // No artists, no genres: nothing to go by for these.
    expect(stdout).not.toContain('preference');
  });

  it('shows on the sample that the models beat the baselines, and that learning live does', async () => {
    expect(statSync(SAMPLE).size + statSync(CATALOGUE).size).toBeLessThan(300 * 1024);
    const args = [
      'evaluate',
      SAMPLE,
      '--catalogue',
      CATALOGUE,
      '--json',
      '--models',
      'blend,session_knn,popularity,last_item',
    ];
    const live = await runHere(args);
    const frozen = await runHere([...args, '--frozen', '--models', 'blend']);
    const rates = ({ stdout }: { stdout: string }): Record<string, number> =>
      Object.fromEntries(
        JSON.parse(stdout).results.map(({ model, hitRate }: { model: string; hitRate: number }) => [model, hitRate]),
      );
    expect(rates(live).blend).toBeGreaterThan(rates(live).session_knn!);
    expect(rates(live).blend).toBeGreaterThan(rates(live).last_item!);
    expect(rates(live).session_knn).toBeGreaterThan(rates(live).popularity!);
    expect(rates(live).blend).toBeGreaterThan(rates(frozen).blend!);
  });

  it('fails with a sentence and a hint', async () => {
    const broken = folder.in('broken.csv');
    writeFileSync(broken, 'session_id,item_id,timestamp\n1,a,0\n1,b,later\n');
    const { code, stderr, stdout } = await runHere(['evaluate', broken]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`gapless: ${broken} line 3: no time`);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    [['--from', '1'], 'Write a share from 0 to below 1'],
    [['--models', 'blend,magic'], 'There is no model magic'],
    [['--count', '0'], 'Write a whole number from 1 to 100'],
    [['--repeats', 'maybe'], 'Allowed choices are allow, hide'],
  ])('refuses %j', async (args, expected) => {
    const { code, stderr } = await runHere(['evaluate', SAMPLE, ...args]);
    expect(code).toBe(1);
    expect(stderr).toContain(expected);
  });

  it('is described where its sample lies as synthetic', () => {
    expect(readFileSync('docs/samples/README.md', 'utf8')).toMatch(/synthetic/i);
  });
});
