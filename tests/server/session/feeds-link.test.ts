import { describe, expect, it } from 'vitest';
import type { Message } from '../../../protocol/codec.ts';
import { codecFor, type Subscribe } from '../../../protocol/wire.ts';
import { FeatureRequestError } from '../../../server/features/request.ts';
import { type FeatureReply, type FeedsThread, IN_FLIGHT_BYTES, messageBytes } from '../../../server/feeds/port.ts';
import { FeedsLink, type SubscribingConnection } from '../../../server/session/feeds-link.ts';

const ACCESS = { tenant: 'default' };
const codec = codecFor('gapless.v1.json');
const subscribe = (sub: number): Subscribe => ({ op: 'SUBSCRIBE', sub, feed: 'events', options: { limit: 1 } });

/** A thread that notes what it is told. */
class NotedThread implements FeedsThread {
  readonly calls: unknown[][] = [];
  reply: FeatureReply = { answer: { features: [], at: 0, rows: [] } };
  open = (...args: unknown[]) => void this.calls.push(['open', ...args]);
  subscribe = (id: number, frame: Subscribe) => void this.calls.push(['subscribe', id, frame.sub]);
  flow = (...args: unknown[]) => void this.calls.push(['flow', ...args]);
  unsubscribe = (...args: unknown[]) => void this.calls.push(['unsubscribe', ...args]);
  authorise = (...args: unknown[]) => void this.calls.push(['authorise', ...args]);
  taken = (...args: unknown[]) => void this.calls.push(['taken', ...args]);
  close = (...args: unknown[]) => void this.calls.push(['close', ...args]);
  stats = () => {};
  lookup = async () => this.reply;
  stop = async () => {};
}

class NotedConnection implements SubscribingConnection {
  readonly socket = { subprotocol: 'gapless.v1.json' } as const;
  readonly got: string[] = [];
  readonly violations: string[] = [];
  result: 'sent' | 'clogged' | 'failed' = 'sent';
  deliver(message: Message) {
    if (this.result !== 'failed') this.got.push(message as string);
    return this.result;
  }
  violate(message: string) {
    this.violations.push(message);
  }
  get frames() {
    return this.got.map((message) => codec.decodeServer(message));
  }
}

function start() {
  const link = new FeedsLink();
  const thread = new NotedThread();
  link.attach(thread);
  const connection = new NotedConnection();
  return { link, thread, connection };
}

describe('the link to the feeds thread', () => {
  it('opens a connection there with its first subscription', () => {
    const { link, thread, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    link.subscribe(connection, subscribe(2), ACCESS);
    link.flow(connection, 1, 10);
    link.flow(connection, 7, 10);
    link.unsubscribe(connection, 7);
    link.authorise(connection, { tenant: 'default', userId: 'ann' });
    expect(link.subscriptions).toBe(2);
    link.owner.frames(1, [], [1]);
    link.flow(connection, 1, 20);
    link.closed(connection);
    link.flow(connection, 2, 20);
    expect(thread.calls).toEqual([
      ['open', 1, 'gapless.v1.json', ACCESS],
      ['subscribe', 1, 1],
      ['subscribe', 1, 2],
      ['flow', 1, 1, 10],
      ['authorise', 1, { tenant: 'default', userId: 'ann' }],
      ['close', 1],
    ]);
    expect(link.subscriptions).toBe(0);
  });

  it('says nothing of connections that never subscribed', () => {
    const { link, thread, connection } = start();
    link.drained(connection);
    link.authorise(connection, ACCESS);
    link.closed(connection);
    expect(thread.calls).toEqual([]);
  });

  it('puts frames on the socket and tells now and then how much it took', () => {
    const { link, thread, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    const taken = () => thread.calls.filter(([name]) => name === 'taken');
    link.owner.frames(1, ['a', 'b'], []);
    expect(connection.got).toEqual(['a', 'b']);
    expect(taken()).toEqual([]);
    const large = 'x'.repeat(IN_FLIGHT_BYTES);
    link.owner.frames(1, [large], []);
    expect(taken()).toEqual([['taken', 1, 2 + large.length]]);
  });

  it('holds back what a clogged socket does not take, in order', () => {
    const { link, thread, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    const large = 'x'.repeat(IN_FLIGHT_BYTES);
    connection.result = 'clogged';
    link.owner.frames(1, [large, 'b'], []);
    link.owner.frames(1, ['c'], []);
    expect(connection.got).toEqual([large]);
    expect(thread.calls.some(([name]) => name === 'taken')).toBe(false);
    link.drained(connection);
    expect(connection.got).toEqual([large, 'b']);
    connection.result = 'sent';
    link.drained(connection);
    expect(connection.got).toEqual([large, 'b', 'c']);
    const told = thread.calls.filter(([name]) => name === 'taken').map(([, , bytes]) => bytes as number);
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(large.length);
  });

  it('forgets what a socket that is gone can not take', () => {
    const { link, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    connection.result = 'failed';
    link.owner.frames(1, ['a', 'b'], []);
    link.closed(connection);
    link.owner.frames(1, ['c'], []);
    expect(connection.got).toEqual([]);
  });

  it('ends every subscription when the thread dies, behind what still waits', () => {
    const { link, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    link.subscribe(connection, subscribe(2), ACCESS);
    const [first, held] = [1, 2].map((sub) => codec.encode({ op: 'GAP', sub, skipped: 1, offset: '' }));
    connection.result = 'clogged';
    link.owner.frames(1, [first!, held!], []);
    link.detach();
    connection.result = 'sent';
    link.drained(connection);
    expect(connection.frames).toMatchObject([
      { op: 'GAP', sub: 1 },
      { op: 'GAP', sub: 2 },
      { op: 'UNSUBSCRIBED', sub: 1, code: 'unavailable' },
      { op: 'UNSUBSCRIBED', sub: 2, code: 'unavailable' },
    ]);
    link.subscribe(connection, subscribe(3), ACCESS);
    expect(connection.frames.at(-1)).toMatchObject({ op: 'UNSUBSCRIBED', sub: 3, code: 'unavailable' });
    const next = new NotedThread();
    link.attach(next);
    link.subscribe(connection, subscribe(1), ACCESS);
    expect(next.calls.map(([name]) => name)).toEqual(['open', 'subscribe']);
  });

  it('does not tell a new thread that what an old one had sent was taken', () => {
    const { link, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    const large = codec.encode({ op: 'GAP', sub: 1, skipped: 1, offset: 'x'.repeat(40_000) });
    connection.result = 'clogged';
    link.owner.frames(1, [large, large, large], []);
    link.detach();
    const next = new NotedThread();
    link.attach(next);
    link.subscribe(connection, subscribe(2), ACCESS);
    link.drained(connection);
    expect(connection.got, 'clogged again by the second').toHaveLength(2);
    connection.result = 'sent';
    link.owner.frames(1, [large], []);
    link.drained(connection);
    expect(next.calls.filter(([name]) => name === 'taken')).toEqual([['taken', 1, messageBytes(large)]]);
  });

  it('passes on that the client broke the protocol', () => {
    const { link, connection } = start();
    link.subscribe(connection, subscribe(1), ACCESS);
    link.owner.violation(1, 'subscription 1 is in use');
    expect(connection.violations).toEqual(['subscription 1 is in use']);
  });

  it('makes lists for the thread, where somebody here does', async () => {
    const { link } = start();
    const request = { tenant: 'default', userId: 'ann', count: 20, model: 'blend' } as const;
    await expect(link.owner.recommend(request)).rejects.toMatchObject({ code: 'unavailable' });
    const list = {
      recommendation_id: 'r',
      user_id: 'ann',
      model: 'popularity',
      at: 1,
      tracks: [],
      confidence: 0,
    } as const;
    link.recommender = async () => ({ ...list, tracks: [] });
    expect(await link.owner.recommend(request)).toEqual(list);
  });

  it('gives a lookup its error back', async () => {
    const { link, thread } = start();
    const request = { tenant: 'default', features: [], rows: [] };
    expect(await link.lookup(request)).toEqual({ features: [], at: 0, rows: [] });
    thread.reply = { refused: { code: 'unknown_feature', message: 'no' } };
    const error = await link.lookup(request).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FeatureRequestError);
    expect(error.code).toBe('unknown_feature');
    link.detach();
    await expect(link.lookup(request)).rejects.toThrow();
  });
});
