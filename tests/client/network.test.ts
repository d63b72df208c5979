/** What a client does when its surroundings tell of the network. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Client } from '../../client/client.ts';
import { UncompressedWebSocket } from '../../client/node.ts';
import { settle } from '../../client/options.ts';
import type { ClientOptions, WebSocketConstructor } from '../../client/types.ts';
import { FakeRuntime } from '../helpers/fake-runtime.ts';
import { FakeServer } from '../helpers/fake-server.ts';

let server: FakeServer;
let client: Client;
let runtime: FakeRuntime;
let states: string[];

beforeEach(async () => {
  server = await FakeServer.start();
  runtime = new FakeRuntime();
  states = [];
});
afterEach(async () => {
  await client.close();
  await server.stop();
});

function open(options: Partial<ClientOptions> = {}): Client {
  const WebSocket = UncompressedWebSocket as unknown as WebSocketConstructor;
  client = new Client(settle({ url: server.url, runtime, WebSocket, ...options }));
  client.on('state', (state) => states.push(state));
  return client;
}

const becomes = (wanted: string) =>
  new Promise<void>((resolve) => {
    if (client.stats.state === wanted) resolve();
    client.on('state', (state) => state === wanted && resolve());
  });

test('offline gives the connection up at once; online comes back without a pause and sends what is open', async () => {
  open();
  const first = await server.welcomed();
  await becomes('open');
  void client.track({ n: 1 });
  await first.published();
  client.network(false);
  expect(client.stats).toMatchObject({ state: 'offline', lastClose: { code: 1006, reason: 'offline' } });
  await first.closed;
  // As rarely as it gets.
  expect(runtime.pending()).toEqual([20_000]);
  client.network(true);
  expect(runtime.pending()).toEqual([0]);
  runtime.advance(0);
  const second = await server.welcomed();
  expect(await second.published()).toEqual([1, 1]);
  await becomes('open');
  expect(states).toEqual(['open', 'offline', 'waiting', 'connecting', 'open']);
});

test('the backoff does not grow without a network, and begins anew with it', async () => {
  const port = server.port;
  await server.stop();
  open({ url: `ws://127.0.0.1:${port}` });
  client.network(false);
  for (let tries = 0; tries < 3; tries++) {
    await becomes('offline');
    expect(runtime.pending()).toEqual([20_000]);
    runtime.advance(20_000);
    expect(client.stats.state).toBe('connecting');
    await becomes('offline');
  }
  client.network(true);
  runtime.advance(0);
  await becomes('waiting');
  expect(runtime.pending()).toEqual([500]);
  server = await FakeServer.start();
});

test('where the surroundings err, a try without a network succeeds', async () => {
  open();
  client.network(false);
  await server.welcomed();
  await becomes('open');
  client.network(true);
  expect(client.stats).toMatchObject({ state: 'open', reconnects: 0 });
});

test('what the server asked for holds: no earlier than that, network or not', async () => {
  open();
  const peer = await server.welcomed();
  await becomes('open');
  peer.goAway('overloaded', 7_000);
  peer.close(4001);
  await becomes('waiting');
  client.network(false);
  client.network(true);
  expect(runtime.pending()).toEqual([7_000]);
});

test('a client that has failed or is closed stays so', async () => {
  open();
  const peer = await server.welcomed();
  peer.close(4504);
  await becomes('failed');
  client.network(false);
  client.network(true);
  expect(client.stats.state).toBe('failed');
  expect(runtime.pending()).toEqual([]);
  await client.close();
  client.network(true);
  expect(runtime.pending()).toEqual([]);
});
