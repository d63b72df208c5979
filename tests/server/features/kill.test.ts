import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openEmbeddedFeatureStore } from '../../../server/features/embedded/store.ts';
import { openRedisFeatureStore } from '../../../server/features/redis/store.ts';
import { newPrefix } from '../../helpers/redis-log.ts';
import { describeWithRedis, eventually, startRedis } from '../../helpers/redis-server.ts';
import { startScript, temporaryDirectory } from '../../helpers/test-process.ts';
import { expectWhole, SCOPES, saveNext } from './scopes.ts';

const SAVER = path.join(import.meta.dirname, 'children', 'saver.ts');
const KILLS = 2;

/** Kills a process in the middle of its saves, several times; what it said to be saved. */
async function killSavers(...args: string[]): Promise<number[]> {
  const saved = SCOPES.map(() => 0);
  for (let kill = 0; kill < KILLS; kill++) {
    const saver = startScript(SAVER, ...args);
    await saver.until(5 + Math.floor(Math.random() * 100));
    await saver.kill();
    for (const line of saver.lines) {
      const [scope, position] = line.split(' ').map(Number) as [number, number];
      saved[scope] = Math.max(saved[scope]!, position);
    }
  }
  expect(Math.min(...saved)).toBeGreaterThan(0);
  return saved;
}

test('embedded: kill -9 of the saving process leaves records and positions that agree', async () => {
  const dir = temporaryDirectory();
  const saved = await killSavers('embedded', dir);
  const store = await openEmbeddedFeatureStore(dir);
  await expectWhole(store, saved);
  for (const scope of SCOPES) await saveNext(store, scope);
  await store.close();
});

describeWithRedis('redis', () => {
  test('kill -9 of the saving process leaves records and positions that agree', async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const settings = { url: server.url, prefix: newPrefix() };
    const saved = await killSavers('redis', settings.url, settings.prefix);
    const store = await openRedisFeatureStore(settings);
    await expectWhole(store, saved);
    await store.close();
  });

  test('kill -9 of Redis leaves records and positions that agree', async () => {
    const server = await startRedis({ appendonly: 'yes', appendfsync: 'always' });
    onTestFinished(() => server.stop());
    const store = await openRedisFeatureStore({ url: server.url, prefix: newPrefix() });
    onTestFinished(() => store.close());
    const saved = SCOPES.map(() => 0);
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = 20 + Math.floor(Math.random() * 60);
      let saves = 0;
      const savers = SCOPES.map(async (scope, i) => {
        for (;;) {
          saved[i] = await saveNext(store, scope);
          if (++saves === enough) void server.kill('SIGKILL');
        }
      });
      const codes = (await Promise.allSettled(savers)).map((saver) => (saver as PromiseRejectedResult).reason.code);
      for (const code of codes) expect(['in_doubt', 'unavailable']).toContain(code);
      await server.restart('SIGKILL');
      await eventually(() => store.applied(SCOPES[0]!, 1));
      await expectWhole(store, saved);
    }
  });
});
