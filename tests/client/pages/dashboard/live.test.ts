/** What the dashboard makes of what a server says, over the real SDK. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { WebSocketConstructor } from '../../../../client/index.ts';
import { Live } from '../../../../client/pages/dashboard/live.ts';
import { describeLink } from '../../../../client/pages/dashboard/state/link.ts';
import { type FakePeer, FakeServer } from '../../../helpers/fake-server.ts';
import { history, stats } from './figures.ts';

let server: FakeServer;
let live: Live;
let token: string | undefined;

beforeEach(async () => {
  server = await FakeServer.start();
  token = 'first';
  live = new Live({
    url: server.url,
    token: () => token,
    WebSocket: WebSocket as unknown as WebSocketConstructor,
  });
  live.start();
});
afterEach(async () => {
  live.close();
  await server.stop();
});

/** The connection, and its subscriptions by feed. */
async function connected(): Promise<{ peer: FakePeer; subs: Record<string, number> }> {
  const peer = await server.welcomedReader();
  const subs: Record<string, number> = {};
  for (let i = 0; i < 3; i++) {
    const { sub, feed } = await peer.subscribed();
    subs[feed] = sub;
  }
  return { peer, subs };
}
const figures = (at: number, rest = {}) => ({ key: 'server', version: at, value: { ...stats({ at }), ...rest } });
const link = () => describeLink(live.state.value.facts, live.state.value.now).kind;
const tail = () => live.state.value.picture.tail.rows.map((row) => (row.kind === 'gap' ? row.text : row.item.n));
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

it('is live once figures come, with their history', async () => {
  const { peer, subs } = await connected();
  expect(peer.hello).toMatchObject({ token: 'first', agent: 'gapless-dashboard' });
  expect(peer.hello).not.toHaveProperty('producer');
  expect(link()).toBe('connecting');
  peer.data(subs.stats!, '1', figures(3_000, { history: history([1_000, 2_000, 3_000]) }));
  await eventually(() => expect(link()).toBe('live'));
  expect(live.state.value.picture.seconds).toHaveLength(3);
});

it('says that it is behind where the server left figures out', async () => {
  const { peer, subs } = await connected();
  peer.data(subs.stats!, '1', figures(1_000));
  peer.send({ op: 'GAP', sub: subs.stats!, skipped: 4, offset: '2' });
  peer.data(subs.stats!, '3', figures(6_000));
  await eventually(() => expect(link()).toBe('behind'));
  expect(describeLink(live.state.value.facts, live.state.value.now).detail).toContain('4 figures');
});

it('shows a gap of the log where it is', async () => {
  const { peer, subs } = await connected();
  peer.data(subs.events!, '1', { n: 1, received_at: 1 });
  peer.send({ op: 'GAP', sub: subs.events!, skipped: 7, offset: '2' });
  peer.data(subs.events!, '3', { n: 2, received_at: 2 });
  await eventually(() => expect(tail()).toEqual([2, expect.stringContaining('7 items left out'), 1]));
});

it('goes to the end where it is far behind, and says so', async () => {
  const { peer, subs } = await connected();
  peer.data(subs.stats!, '1', figures(100_000));
  await eventually(() => expect(link()).toBe('live'));
  peer.data(subs.events!, '1', { n: 1, received_at: 92_000 });
  expect(await peer.next('UNSUBSCRIBE')).toMatchObject({ sub: subs.events });
  const again = await peer.subscribed();
  expect(again.feed).toBe('events');
  expect(again.options).not.toHaveProperty('from');
  peer.data(again.sub, '9', { n: 2, received_at: 99_900 });
  await eventually(() => expect(tail()).toEqual([2, expect.stringMatching(/^Jumped ahead by 8.s/)]));
});

it('takes no events while it is paused, and those that waited afterwards', async () => {
  const { peer, subs } = await connected();
  live.pause(true);
  peer.data(subs.events!, '1', { n: 1, received_at: 1 });
  peer.data(subs.stats!, '1', figures(1_000));
  await eventually(() => expect(live.state.value.picture.stats?.at).toBe(1_000));
  expect(live.state.value.frozen?.stats).toBeNull();
  expect(tail()).toEqual([]);
  live.pause(false);
  await eventually(() => expect(tail()).toEqual([1]));
});

it('asks for what fits another filter, and for other figures', async () => {
  const { peer, subs } = await connected();
  live.show('colour:red');
  live.show('skip user:ann');
  expect(await peer.next('UNSUBSCRIBE')).toMatchObject({ sub: subs.events });
  expect(await peer.subscribed()).toMatchObject({
    feed: 'events',
    options: { filter: { action: ['skip'], user_id: ['ann'] } },
  });
  live.choose('cluster');
  expect(await peer.next('UNSUBSCRIBE')).toMatchObject({ sub: subs.stats });
  expect(await peer.subscribed()).toMatchObject({ feed: 'stats', options: { key: 'cluster' } });
});

it('needs a token where the server refuses, and connects with another one', async () => {
  (await server.peer()).close(4502, 'no');
  await eventually(() => expect(link()).toBe('token'));
  token = 'second';
  live.start();
  expect(link()).toBe('connecting');
  const { peer, subs } = await connected();
  expect(peer.hello).toMatchObject({ token: 'second' });
  peer.data(subs.stats!, '1', figures(1_000));
  await eventually(() => expect(link()).toBe('live'));
});

it('needs another token where this one may not read', async () => {
  const peer = await server.welcomedReader();
  const { sub } = await peer.next('SUBSCRIBE');
  peer.send({ op: 'UNSUBSCRIBED', sub, code: 'forbidden', message: 'not yours' });
  await eventually(() => expect(link()).toBe('token'));
});

it('says so where the figures are none that it knows', async () => {
  const { peer, subs } = await connected();
  peer.data(subs.stats!, '1', { key: 'server', version: 1, value: { at: 'now' } });
  await eventually(() => expect(link()).toBe('failed'));
  expect(describeLink(live.state.value.facts, 0).detail).toContain('Reload it');
});

it('is disconnected when the connection is lost', async () => {
  const { peer } = await connected();
  peer.cut();
  await eventually(() => expect(link()).toBe('disconnected'));
  expect(link()).toBe('disconnected');
});
