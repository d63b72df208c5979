/** kill -9 in the middle of the main job: whatever dies, the log holds each event once. `npm run faults` is the long version. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { finish, startCli, temporaryFolder } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';
import { describeWithRedis, freePort, startRedis, until } from '../helpers/redis-server.ts';
import { ServerProcess } from '../helpers/server-process.ts';

const EVENTS = 20_000;
const KILLS = 2;
/** Processors are killed in `processor-kill.test.ts`; here the machine is left to the main job. */
const PLAIN = { ENABLE_REALTIME_PROCESSING: 'false' };
/** Events that a server must have stored before it is killed. */
const BEFORE_KILL = 3_000;

const shared = temporaryFolder();
const file = shared.in('events.ndjson');
beforeAll(async () => {
  expect((await runHere(['simulate', '--events', String(EVENTS), '--seed', '11', '--out', file])).code).toBe(0);
});
afterAll(() => shared.remove());
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Sends the file and kills the server `KILLS` times meanwhile; resolves with what `send` said. */
async function sendUnderFire(server: ServerProcess) {
  await server.start();
  const sending = finish(startCli(['send', file, '--url', server.url, '--json']));
  for (let kill = 0; kill < KILLS; kill++) {
    await until(async () => (await server.metric('gapless_events_accepted_total').catch(() => 0)) >= BEFORE_KILL);
    await server.kill();
    await server.start();
  }
  return sending;
}

async function proveExactlyOnce(where: readonly string[]): Promise<void> {
  const verified = await runHere(['verify', file, '--json', ...where]);
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  expect(JSON.parse(verified.stdout)).toMatchObject({ stored: EVENTS });
}

it('a server that is killed again and again, on the embedded engine', { timeout: 180_000, retry: 0 }, async () => {
  const dir = folder.in('data');
  const server = new ServerProcess(await freePort(), { ...PLAIN, GAPLESS_DATA_DIR: dir });
  const sent = await sendUnderFire(server);
  expect(sent.code, sent.stdout + sent.stderr).toBe(0);
  expect(await server.metric('gapless_ledger_gap')).toBe(0);
  expect(await server.metric('gapless_storage_lost_total')).toBe(0);
  expect(await server.stop()).toBe(0);
  await proveExactlyOnce(['--data-dir', dir]);
});

describeWithRedis('on Redis', () => {
  it('a server that is killed again and again', { timeout: 180_000, retry: 0 }, async () => {
    const redis = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' });
    const server = new ServerProcess(await freePort(), { ...PLAIN, GAPLESS_REDIS_URL: redis.url });
    try {
      const sent = await sendUnderFire(server);
      expect(sent.code, sent.stdout + sent.stderr).toBe(0);
      expect(await server.stop()).toBe(0);
      await proveExactlyOnce(['--redis-url', redis.url]);
    } finally {
      await server.kill();
      await redis.stop();
    }
  });

  it('a Redis that is killed under appendfsync always, while the server stays', {
    timeout: 180_000,
    retry: 0,
  }, async () => {
    const redis = await startRedis({ appendonly: 'yes', appendfsync: 'always' });
    const server = new ServerProcess(await freePort(), { ...PLAIN, GAPLESS_REDIS_URL: redis.url });
    try {
      await server.start();
      const sending = finish(startCli(['send', file, '--url', server.url, '--json']));
      for (let kill = 1; kill <= KILLS; kill++) {
        await until(async () => (await server.metric('gapless_events_accepted_total')) >= kill * BEFORE_KILL);
        await redis.kill('SIGKILL');
        await redis.start();
      }
      const sent = await sending;
      expect(sent.code, sent.stdout + sent.stderr).toBe(0);
      expect(await server.metric('gapless_storage_lost_total')).toBe(0);
      expect(await server.metric('gapless_ledger_gap')).toBe(0);
      expect(await server.stop()).toBe(0);
      await proveExactlyOnce(['--redis-url', redis.url]);
    } finally {
      await server.kill();
      await redis.stop();
    }
  });
});
