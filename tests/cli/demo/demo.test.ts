/** `gapless serve --demo` as somebody starts it. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { finish, runCli, startCli, temporaryFolder } from '../../helpers/cli.ts';
import { until } from '../../helpers/redis-server.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('moves by itself, says where to look, and ends in order', async () => {
  const token = 'a-token-of-a-demo-that-is-long-enough';
  const child = startCli(['serve', '--demo', '400', '--port', '0', '--data-dir', folder.in('demo')], {
    env: { GAPLESS_TOKEN: token, GAPLESS_MIN_FREE_BYTES: '0', GAPLESS_LOG_LEVEL: 'warn' },
  });
  const ended = finish(child);
  const said = await new Promise<string>((resolve, reject) => {
    child.stderr!.on('data', (text: string) => text.includes('listens on') && resolve(text));
    void once(child, 'close').then(() => reject(new Error('it ended')));
  });
  expect(said).toMatch(/demo +400 made-up listeners, 400 events per second; stored in .*demo, at most 256MiB/);
  const page = /dashboard +(http:\S+\/)\n/.exec(said)![1]!;
  expect(said).toContain(`player      ${page}player`);

  const headers = { authorization: `Bearer ${token}` };
  const metric = async (line: string) => {
    const text = await (await fetch(`${page}metrics`, { headers })).text();
    return Number(
      text
        .split('\n')
        .find((one) => one.startsWith(`${line} `))
        ?.slice(line.length + 1) ?? 0,
    );
  };
  await until(async () => (await metric('gapless_events_accepted_total')) > 500);
  await until(async () => (await metric('gapless_events_rejected_total{code="invalid_field"}')) > 0);
  const catalogue = await (await fetch(`${page}v1/catalogue?count=1`, { headers })).json();
  expect(catalogue).toMatchObject({ size: 600, made_up: false });
  // Events carry what the catalogue knows.
  child.kill('SIGTERM');
  const { code, stdout } = await ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const read = await runCli(['log', 'read', '--json', '--limit', '5', '--data-dir', folder.in('demo')]);
  for (const line of read.stdout.trimEnd().split('\n')) {
    const event = JSON.parse(line);
    expect(event.user_id).toMatch(/^listener-/);
    expect(event.track).toMatchObject({ artist: expect.any(String), genre: expect.any(String) });
  }
});

it('refuses to write into what is not a demo’s', async () => {
  mkdirSync(folder.in('real'));
  writeFileSync(folder.in('real/data.mdb'), '');
  const { code, stderr } = await runCli(['serve', '--demo', '--port', '0', '--data-dir', folder.in('real')]);
  expect(code).toBe(1);
  expect(stderr).toContain('holds what no demo made');
});

it('takes a rate that a laptop bears', async () => {
  const { code, stderr } = await runCli(['serve', '--demo', '100000']);
  expect(code).toBe(1);
  expect(stderr).toContain('Write a whole number from 1 to 2000.');
});
