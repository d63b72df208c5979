/** The SDK's subscriptions against a real server, over a connection that breaks. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ClientOptions, type Cursor, connect, type FeedName, type GaplessClient } from '../../client/node.ts';
import { until } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

let server: TestServer;
let proxy: TcpProxy;
const clients: GaplessClient[] = [];

beforeAll(async () => {
  server = await startTestServer();
  proxy = await startProxy(Number(new URL(server.url).port));
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});
afterAll(async () => {
  await proxy.close();
  await server.stop();
});

function open(options: Partial<ClientOptions> = {}): GaplessClient {
  const client = connect({ url: server.url, backoff: { minMs: 5, maxMs: 20 }, ...options });
  clients.push(client);
  return client;
}

const play = (n: number, user = `user ${n % 5}`) => ({
  ...{ type: 'user_interaction', action: 'play', timestamp: Date.now(), session_id: 's' },
  ...{ user_id: user, track_id: `track-${n}` },
});

test('every event once and in the order of its user, over cut connections and with little credit', async () => {
  const reader = open({ url: `ws://127.0.0.1:${proxy.port}`, publish: false });
  const feed = reader.subscribe('events', { credit: 8 });
  await until(async () => feed.state === 'live');
  const writer = open();
  const wanted = Array.from({ length: 400 }, (_, i) => i);
  for (const n of wanted) void writer.track(play(n));
  const seen: number[] = [];
  for await (const event of feed) {
    seen.push(Number(String(event.track_id).slice('track-'.length)));
    expect(feed.waiting).toBeLessThanOrEqual(8);
    if (seen.length % 60 === 0) proxy.reset();
    if (seen.length === wanted.length) break;
  }
  expect(reader.stats.reconnects).toBeGreaterThan(3);
  expect([...seen].sort((a, b) => a - b)).toEqual(wanted);
  for (let user = 0; user < 5; user++) {
    const mine = seen.filter((n) => n % 5 === user);
    expect(mine).toEqual([...mine].sort((a, b) => a - b));
  }
});

test('a position goes on in another client, and a filter holds', async () => {
  const writer = open();
  const feed = open({ publish: false }).subscribe('events', { filter: { user_id: 'ann' } });
  await until(async () => feed.state === 'live');
  for (let n = 0; n < 6; n++) await writer.track(play(n, n % 2 === 0 ? 'ann' : 'bob'));
  const seen: unknown[] = [];
  let from: Cursor | undefined;
  for await (const { items, position } of feed.batches()) {
    seen.push(...items.map((event) => event.track_id));
    from = position;
    break;
  }
  // So that something is left for the other one, however much the first batch was.
  await writer.track(play(6, 'ann'));
  for await (const event of open({ publish: false }).subscribe('events', { filter: { user_id: 'ann' }, from })) {
    seen.push(event.track_id);
    if (seen.length === 4) break;
  }
  expect(seen).toEqual(['track-0', 'track-2', 'track-4', 'track-6']);
});

test('what is refused is told, and the connection goes on', async () => {
  const client = open({ publish: false });
  const unknown = client.subscribe('nothing' as FeedName)[Symbol.asyncIterator]();
  await expect(unknown.next()).rejects.toMatchObject({ code: 'unknown_feed' });
  const filtered = client.subscribe('events', { filter: { nothing: 1 } })[Symbol.asyncIterator]();
  await expect(filtered.next()).rejects.toMatchObject({ code: 'invalid_filter' });
  const letters = client.subscribe('dead-letters');
  await until(async () => letters.state === 'live');
  void open().track({ ...play(1), action: 'none such' });
  for await (const letter of letters) {
    expect(letter).toMatchObject({ stage: 'validate', code: 'invalid_field', path: 'action' });
    break;
  }
  expect(client.stats.reconnects).toBe(0);
});

test('a listener’s list comes at once, and again when what it does changes it', async () => {
  const writer = open();
  for (let n = 0; n < 20; n++) await writer.track(play(n % 10, `user ${n}`));
  const feed = open({ publish: false }).subscribe('recommendations', { key: 'ann' });
  const ids: string[] = [];
  for await (const { key, value } of feed) {
    expect(key).toBe('ann');
    ids.push(value.recommendation_id);
    if (ids.length === 1) void writer.track(play(3, 'ann'));
    else break;
  }
  expect(new Set(ids).size).toBe(2);
});
