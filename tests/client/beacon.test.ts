/** Last words: what a page that may end hands over, what it keeps, and what it must not say. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Beacon, beaconUrl } from '../../client/beacon.ts';
import { Client } from '../../client/client.ts';
import { memoryStore } from '../../client/memory-store.ts';
import { UncompressedWebSocket } from '../../client/node.ts';
import { settle } from '../../client/options.ts';
import type { ClientOptions, OutboxEntry, OutboxStore, WebSocketConstructor } from '../../client/types.ts';
import { FakeRuntime } from '../helpers/fake-runtime.ts';
import { FakeServer } from '../helpers/fake-server.ts';

let server: FakeServer;
let client: Client;
/** Lets the store go on. */
let release: () => void = () => undefined;
let said: { beacon: Beacon; body: Record<string, unknown> & { events: unknown[] } }[];

beforeEach(async () => {
  server = await FakeServer.start();
  said = [];
});
afterEach(async () => {
  release();
  await client.close();
  await server.stop();
});

function open(options: Partial<ClientOptions> = {}): Client {
  const WebSocket = UncompressedWebSocket as unknown as WebSocketConstructor;
  client = new Client(settle({ url: server.url, runtime: new FakeRuntime(), WebSocket, ...options }));
  return client;
}

/** The body of the beacon, or null if there was none. */
function lastWords({ ends = true, sent = true } = {}) {
  const before = said.length;
  client.lastWords((beacon) => {
    said.push({ beacon, body: JSON.parse(beacon.body) });
    return sent;
  }, ends);
  return said[before]?.body ?? null;
}

const event = (n: number) => ({ type: 'user_interaction', n });
const state = (wanted: string) =>
  new Promise<void>((resolve) => {
    if (client.stats.state === wanted) resolve();
    client.on('state', (state) => state === wanted && resolve());
  });

test('beacons go beside the stream', () => {
  open();
  expect(beaconUrl('wss://host/v1/stream')).toBe('https://host/v1/beacon');
  expect(beaconUrl('ws://host:1/gapless/v1/stream?x=1')).toBe('http://host:1/gapless/v1/beacon?x=1');
  expect(beaconUrl('ws://host/elsewhere')).toBeNull();
});

describe.each(['gapless.v1.msgpack', 'gapless.v1.json'] as const)('%s', (subprotocol) => {
  test('all that is not settled, with the numbers of the socket and what belongs to it', async () => {
    open({ subprotocol, token: 'secret', context: { user_id: 'u' } });
    for (let n = 1; n <= 5; n++) client.push(event(n));
    client.push(null);
    const peer = await server.welcomed();
    await peer.published();
    peer.reject([1, 'too_old', 'timestamp', 'too old']);
    peer.ack(2);
    await state('open');
    await new Promise<void>((resolve) => client.on('progress', () => resolve()));
    const { producer } = client.stats;
    expect(lastWords()).toEqual({
      ...{ token: 'secret', context: { user_id: 'u' }, clock: expect.any(Number), producer, epoch: 1 },
      ...{ first: 3, done: 2, events: [event(3), event(4), event(5), null] },
    });
  });
});

test('before the first connection, and again with what came since', async () => {
  open();
  client.push(event(1));
  expect(lastWords()).toMatchObject({ first: 1, done: 0, events: [event(1)] });
  client.push(event(2));
  expect(lastWords()).toMatchObject({ first: 1, events: [event(1), event(2)] });
  // A number that went out does not move: the drop leaves nil in its place.
  expect(client.stats).toMatchObject({ tracked: 2, sent: 2 });
});

test('nothing where there is nothing to say, and after the end', async () => {
  open();
  expect(lastWords()).toBeNull();
  client.push(event(1));
  await client.close();
  expect(lastWords()).toBeNull();
});

test('at most 64 KiB, counted in bytes, and a prefix of what there is', async () => {
  open({ context: { user_id: 'ü' } });
  for (let n = 1; n <= 300; n++) client.push({ n, text: 'ü'.repeat(150 + (n % 7)) });
  const { events } = lastWords()!;
  const { beacon } = said[0]!;
  const size = Buffer.byteLength(beacon.body);
  expect(size).toBeLessThanOrEqual(65_536);
  expect(size).toBeGreaterThan(65_536 - 400);
  expect(beacon.last).toBe(events.length);
  expect(events.map((one) => (one as { n: number }).n)).toEqual(events.map((_, i) => i + 1));
  expect(client.stats.sent).toBe(events.length);
});

test('at most 1,024 events', async () => {
  open();
  for (let n = 1; n <= 1_100; n++) client.push({ n });
  expect(lastWords()!.events.length).toBe(1024);
});

test('what no beacon took may still be renumbered', async () => {
  open();
  client.push(event(1));
  expect(lastWords({ sent: false })).not.toBeNull();
  expect(client.stats.sent).toBe(0);
});

test('without a network there is no beacon', async () => {
  open();
  client.network(false);
  client.push(event(1));
  expect(lastWords()).toBeNull();
});

test('a token that was never given is not left out', async () => {
  open({ token: () => new Promise(() => {}) });
  client.push(event(1));
  expect(lastWords()).toBeNull();
});

describe('with a store', () => {
  let spilled: (readonly OutboxEntry[])[];

  /** Its appends wait. */
  function slowStore(inner = memoryStore()): OutboxStore {
    spilled = [];
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    return {
      ...inner,
      append: (entries) => gate.then(() => inner.append(entries)),
      spill: (entries) => spilled.push(entries) > 0,
    };
  }

  test('what is not yet durable is spilled whole, and said', async () => {
    open({ outbox: { store: slowStore() }, context: { user_id: 'u' } });
    await server.welcomed();
    await state('open');
    client.push(event(1));
    // The first is on its way into the store.
    await Promise.resolve();
    client.push(event(2));
    const body = lastWords();
    expect(spilled).toEqual([[1, 2].map((n) => ({ seq: n, event: { ...event(n), user_id: 'u' } }))]);
    expect(body).toMatchObject({ first: 1, events: [event(1), event(2)] });
  });

  test('where the store cannot spill only what is durable is said', async () => {
    const { spill: _, ...store } = slowStore();
    open({ outbox: { store } });
    await server.welcomed();
    await state('open');
    client.push(event(1));
    expect(lastWords()).toBeNull();
  });

  test('what was tracked before the outbox was there is spilled with an id, and only if the page ends', async () => {
    open({ outbox: { store: slowStore() }, context: { user_id: 'u' } });
    client.push(event(1));
    client.push({ ...event(2), id: 'mine' });
    expect(lastWords({ ends: false })).toBeNull();
    expect(spilled).toEqual([]);
    expect(lastWords()).toBeNull();
    expect(spilled).toEqual([
      [
        { seq: 1, event: { ...event(1), user_id: 'u', id: expect.stringMatching(/^[\w-]{22}$/) } },
        { seq: 2, event: { ...event(2), user_id: 'u', id: 'mine' } },
      ],
    ]);
  });

  test('an outbox of an earlier page says nothing before the server has confirmed its numbers', async () => {
    const store = memoryStore();
    await store.saveIdentity({ producer: 'p', epoch: 1, attempt: 1 });
    await store.append([{ seq: 1, event: event(1) }]);
    open({ outbox: { store } });
    const peer = await server.peer();
    expect(client.stats.tracked).toBe(1);
    expect(lastWords()).toBeNull();
    await peer.welcome();
    await state('open');
    expect(lastWords()).toMatchObject({ producer: 'p', first: 1, events: [event(1)] });
  });

  test('a spilled and said event that is dropped afterwards keeps its number', async () => {
    const inner = memoryStore();
    open({ outbox: { store: slowStore(inner), maxEvents: 2, full: 'drop-oldest' } });
    const peer = await server.welcomed();
    await state('open');
    client.push(event(1));
    client.push(event(2));
    expect(lastWords()).not.toBeNull();
    client.push(event(3));
    release();
    expect(await peer.published()).toEqual([1, 3]);
    expect([...peer.events.values()]).toEqual([null, event(2), event(3)]);
    expect((await inner.load()).entries.map((entry) => entry.event)).toEqual([null, event(2), event(3)]);
  });
});
