/**
 * Processors that are killed, paused and replaced while events come in: in the end the features are what one pass over the log gives,
 * counts exactly. `npm run faults:processor` is the long version.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalBus } from '../../server/bus/local.ts';
import { type EngineSettings, engineOf, openLogReader } from '../../server/engines.ts';
import { PROJECTIONS } from '../../server/processor/folding.ts';
import { type CliResult, finish, startCli } from '../helpers/cli.ts';
import { runHere } from '../helpers/cli-here.ts';
import { describeWithRedis, freePort, type RedisServer, startRedis, until } from '../helpers/redis-server.ts';
import { ServerProcess } from '../helpers/server-process.ts';
import { expectSame, foldOffline, isDone, readAllEvents } from '../server/processor/offline.ts';

const PARTITIONS = 8;
const KILLS = Number(process.env.PROCESSOR_KILLS ?? 1);
const RATE = 500;
const EVENTS = RATE * (2 * KILLS + 3);
const LISTENERS = ['--seed', '5', '--tracks', '500'];
const TIMEOUT = 60_000 + KILLS * 20_000;

let dir: string;
let servers: ServerProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gapless.processor-'));
});
afterEach(async () => {
  for (const server of servers) server.resume();
  await Promise.all(servers.map((server) => server.kill()));
  servers = [];
  rmSync(dir, { recursive: true });
});

async function start(env: Record<string, string>): Promise<ServerProcess> {
  const server = new ServerProcess(await freePort(), { GAPLESS_LEASE_TTL: '1s', ...env });
  servers.push(server);
  await server.start();
  return server;
}

/** What listeners play, as a catalogue for the servers. */
async function makeCatalogue(): Promise<string> {
  const catalogue = join(dir, 'tracks.csv');
  expect((await runHere(['simulate', ...LISTENERS, '--catalogue-out', catalogue, '--events', '0'])).code).toBe(0);
  return catalogue;
}

function play(server: ServerProcess): Promise<CliResult> {
  const load = ['--rate', String(RATE), '--events', String(EVENTS), '--users', '200', '--timeout', '2m'];
  return finish(startCli(['simulate', ...LISTENERS, ...load, '--url', server.url]));
}

async function engines(settings: Pick<EngineSettings, 'dataDir'> & Partial<EngineSettings>) {
  const all: EngineSettings = { process: 'checker', redisPrefix: 'gapless', partitions: PARTITIONS, ...settings };
  const log = await openLogReader(all, new LocalBus());
  const engine = await engineOf(all);
  const features = await engine.openFeatureReader(all);
  const close = () => Promise.all([log.close(), features.close()]);
  return { all, engine, log, features, close };
}

/** Waits until everything is folded, then folds it all again. */
async function prove({ log, features }: Awaited<ReturnType<typeof engines>>): Promise<void> {
  await until(() => isDone(features, log, PARTITIONS));
  const events = await readAllEvents(log, PARTITIONS);
  expect(events.length).toBeGreaterThanOrEqual(EVENTS);
  await expectSame(features, foldOffline(events, PROJECTIONS, PARTITIONS));
}

describeWithRedis('on Redis', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' });
  });
  afterEach(async () => {
    await redis.stop();
  });

  it('processors are killed, paused and replaced under load', { timeout: TIMEOUT, retry: 0 }, async () => {
    const catalogue = await makeCatalogue();
    const shared = { GAPLESS_REDIS_URL: redis.url, GAPLESS_CATALOGUE: catalogue };
    const gateway = await start({ ...shared, GAPLESS_ROLES: 'gateway' });
    const processor = { ...shared, GAPLESS_ROLES: 'processor' };
    const first = await start(processor);
    const checker = await engines({ redisUrl: redis.url, dataDir: dir });
    const groups = await checker.engine.openGroups(checker.all, 'processor');
    const folded = async () => (await groups.progress()).reduce((sum, { position }) => sum + position, 0);

    const sending = play(gateway);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await folded();
      await until(async () => (await folded()) > before);
      await first.kill();
      await first.start();
    }
    // Another one comes and takes its share; then the first stands still for longer than its leases last, and goes on as if nothing were.
    const second = await start(processor);
    await until(async () => (await second.metric('gapless_processor_partitions')) > 0);
    first.pause();
    await until(async () => (await second.metric('gapless_processor_partitions')) === PARTITIONS);
    first.resume();
    await until(async () => (await second.metric('gapless_processor_partitions')) === PARTITIONS / 2);
    await second.stop();

    const sent = await sending;
    expect(sent.code, sent.stdout + sent.stderr).toBe(0);
    await prove(checker);
    await groups.close();
    await checker.close();
  });
});

it('a whole server is killed, on the embedded engine', { timeout: TIMEOUT, retry: 0 }, async () => {
  const catalogue = await makeCatalogue();
  const dataDir = join(dir, 'data');
  const server = await start({ GAPLESS_DATA_DIR: dataDir, GAPLESS_CATALOGUE: catalogue });
  const sending = play(server);
  for (let kill = 0; kill < KILLS; kill++) {
    await until(async () => (await server.metric('gapless_events_accepted_total').catch(() => 0)) >= RATE);
    await server.kill();
    await server.start();
  }
  const sent = await sending;
  expect(sent.code, sent.stdout + sent.stderr).toBe(0);
  const checker = await engines({ dataDir });
  await prove(checker);
  await checker.close();
});
