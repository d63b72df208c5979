import { afterAll, beforeAll, expect, it } from 'vitest';
import { LiveSimulation } from '../../../cli/simulate/live.ts';
import { connect } from '../../../client/node.ts';
import { makeCatalogue } from '../../../loadtest/listeners/index.ts';
import { until } from '../../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../../helpers/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

it('offers no more once it is stopped, and all that was offered is settled', async () => {
  const simulation = new LiveSimulation({
    client: { url: server.url, agent: 'test' },
    connect,
    connections: 4,
    rate: 100,
    events: Number.POSITIVE_INFINITY,
    durationMs: Number.POSITIVE_INFINITY,
    seed: 1,
    users: 100,
    sessionsPerDay: 8,
    catalogue: makeCatalogue({ seed: 1, tracks: 100 }),
    name: 'stopped',
  });
  const run = simulation.run();
  await until(async () => simulation.offered > 20);
  simulation.stop();
  const { offered } = simulation;
  await run;
  expect(await simulation.settle(30_000)).toBe(0);
  await simulation.close();
  expect(simulation.offered).toBe(offered);
});
