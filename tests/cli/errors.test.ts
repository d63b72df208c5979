/** Every error says what is wrong and what to do, on standard error, without a stack trace. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
mkdirSync(folder.in('empty'));
writeFileSync(folder.in('events.ndjson'), '{}\n');
const FILE = folder.in('events.ndjson');

interface Case {
  args: string[];
  says: string[];
  env?: Record<string, string>;
}

const cases: Case[] = [
  { args: ['fly'], says: ["unknown command 'fly'", 'gapless --help'] },
  { args: ['send', '--prducer', 'x'], says: ["unknown option '--prducer'", '--producer', 'gapless send --help'] },
  { args: ['log', 'reed'], says: ["unknown command 'reed'", 'read'] },
  { args: ['send'], says: ['standard input needs a name', '--producer'] },
  { args: ['send', folder.in('nothing')], says: ['does not exist', 'Check the name'] },
  { args: ['send', folder.path], says: ['is a folder'] },
  { args: ['send', FILE, '--producer', 'a b'], says: ['1 to 64 of A-Z'] },
  { args: ['send', FILE, '--timeout', '5'], says: ['Write a duration like'] },
  { args: ['send', FILE, '--url', 'http://x'], says: ['is not the address of a server', 'ws://127.0.0.1:8080'] },
  {
    args: ['send', FILE, '--url', 'ws://127.0.0.1:1', '--timeout', '100ms'],
    says: ['nothing was settled', 'gapless serve'],
  },
  { args: ['verify'], says: ["missing required argument 'file'"] },
  { args: ['verify', FILE, '--data-dir', folder.in('empty')], says: ['there is no log in', '--data-dir'] },
  { args: ['log', 'stats', '--redis-url', 'redis://127.0.0.1:1'], says: ['Check that the storage runs'] },
  { args: ['log', 'stats', '--redis-url', 'http://x'], says: ['GAPLESS_REDIS_URL', 'redis://host:6379'] },
  { args: ['log', 'read', '--limit', 'many'], says: ['Write a whole number of 1 or more'] },
  { args: ['log', 'read', '--since', 'never'], says: ['Write a date like'] },
  { args: ['simulate', '--out', folder.in('no/where'), '--events', '1'], says: ['the folder of', 'mkdir'] },
  { args: ['simulate', '--out', folder.in('x')], says: ['a file needs an end', '--events'] },
  { args: ['simulate', '--out', '-', '--rate', '5'], says: ['--rate is for a server', 'Leave out --rate'] },
  { args: ['simulate', '--start', '1h'], says: ['--start is for a file', 'add --out'] },
  { args: ['simulate', '--rate', '-1'], says: ['Write events per second'] },
  { args: ['serve', '--port', '99999'], says: ['GAPLESS_PORT', 'a whole number from 0 to 65535'] },
  { args: ['serve', '--host', '0.0.0.0'], says: ['GAPLESS_HOST', 'Set GAPLESS_TOKEN'] },
  {
    args: ['serve'],
    says: ['GAPLESS_POTR', 'GAPLESS_PARTITIONS', 'Did you mean GAPLESS_PORT?'],
    env: { GAPLESS_POTR: '1', GAPLESS_PARTITIONS: 'x' },
  },
  { args: ['loadtest', 'overload', '--factors', '2,0'], says: ['--factors', 'Write numbers above 0'] },
  { args: ['loadtest', 'overload', '--factors', ','], says: ['--factors', 'Write numbers above 0'] },
  { args: ['loadtest', 'scale', '--of', 'partitions,typo'], says: ['--of', 'There is no typo', 'connections'] },
  { args: ['loadtest', 'scale', '--of', ','], says: ['--of', 'write some of', 'connections'] },
];

it.each(cases)('gapless $args', async ({ args, says, env }) => {
  const { code, stdout, stderr } = await runHere(args, env);
  expect(code).toBe(1);
  for (const text of says) expect(stderr).toContain(text);
  expect(stderr).toMatch(/^gapless: /m);
  expect(stderr).not.toMatch(/^\s+at /m);
  if (args[0] !== 'send') expect(stdout).toBe('');
});

it('is the same as a process of its own', async () => {
  const said = await runCli(['log', 'reed']);
  expect(said).toMatchObject({ code: 1, stdout: '' });
  expect(said).toEqual(await runHere(['log', 'reed']));
});

it('shows the stack where DEBUG asks for it', async () => {
  const { stderr } = await runHere(['verify', folder.in('nothing')], { DEBUG: '1' });
  expect(stderr).toMatch(/^\s+at /m);
});
