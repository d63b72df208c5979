import { afterEach, describe, expect, it } from 'vitest';
import type { ServerFigures } from '../../../server/feeds/figures.ts';
import type { FeedClient, FeedsWorld } from '../../helpers/feeds-world.ts';
import { feedsWorld } from '../../helpers/feeds-world.ts';
import { testFigures } from '../../helpers/figures.ts';

let world: FeedsWorld;
afterEach(() => world.stop());

const refusal = async (client: FeedClient, feed: string, options: Parameters<FeedClient['subscribe']>[2] = {}) => {
  client.subscribe(9, feed, options);
  return (await client.next('UNSUBSCRIBED')).code;
};

describe('subscriptions of a connection', () => {
  it('are refused with why', async () => {
    world = feedsWorld();
    const client = world.connect();
    expect(await refusal(client, 'weather')).toBe('unknown_feed');
    expect(await refusal(client, 'events', { filter: { code: 'x' } })).toBe('invalid_filter');
    expect(await refusal(client, 'events', { key: '' })).toBe('invalid_filter');
    expect(await refusal(client, 'stats', { key: 'continent' })).toBe('invalid_filter');
    expect(await refusal(client, 'stats', { filter: { type: 'x' } })).toBe('invalid_filter');
    for (let sub = 100; sub < 132; sub++) client.subscribe(sub, 'stats');
    expect(await refusal(client, 'stats')).toBe('too_many');
    world.feeds.unsubscribe(client.id, 100);
    expect((await client.next('UNSUBSCRIBED')).code).toBe('ok');
    client.subscribe(100, 'stats');
    await client.next('SUBSCRIBED');
  });

  it('are refused where nothing is processed, to what would never change', async () => {
    world = feedsWorld({ processing: false });
    const client = world.connect();
    expect(await refusal(client, 'features', { key: 'ann' })).toBe('unavailable');
    expect(await refusal(client, 'recommendations', { key: 'ann' })).toBe('unavailable');
    client.subscribe(1, 'events');
    await client.next('SUBSCRIBED');
  });

  it('to features end when no processor is there any more, and can be had again when one is', async () => {
    world = feedsWorld({ timing: { unprocessedMs: 0 } });
    const client = world.connect();
    const figures = (processor: ServerFigures['processor']) => testFigures('process-1', Date.now(), { processor });
    const processor: ServerFigures['processor'] = {
      ...{ state: 'running', partitions: [], lag: 0, oldestMs: 0, foldedPerSecond: 0, poisoned: 0 },
      index: { state: 'ready', events: 0, sessions: 0, bytes: 0, lag: 0 },
    };
    world.feeds.stats(figures(processor));
    client.subscribe(1, 'features', { key: 'ann' });
    client.subscribe(2, 'recommendations', { key: 'ann' });
    await client.until(() => client.frames.filter(({ op }) => op === 'SUBSCRIBED').length === 2);
    world.feeds.stats(figures(null));
    expect(await client.next('UNSUBSCRIBED')).toMatchObject({ sub: 1, code: 'unavailable' });
    expect(await refusal(client, 'features', { key: 'ann' })).toBe('unavailable');
    world.feeds.stats(figures(processor));
    client.subscribe(3, 'features', { key: 'ann' });
    await client.next('SUBSCRIBED');
  });

  it('have a number of their own', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'stats');
    client.subscribe(1, 'events');
    expect(client.violations).toEqual(['subscription 1 is in use']);
  });

  it('ignore what names none', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.flow(5, 10);
    world.feeds.unsubscribe(client.id, 5);
    world.feeds.flow(77, 1, 1);
    client.subscribe(1, 'stats');
    await client.next('SUBSCRIBED');
    expect(client.violations).toEqual([]);
  });

  it('of a token that names a user read features and recommendations of that user', async () => {
    world = feedsWorld();
    const client = world.connect({ access: { tenant: 'default', userId: 'ann' } });
    for (const feed of ['events', 'dead-letters', 'stats']) expect(await refusal(client, feed)).toBe('forbidden');
    expect(await refusal(client, 'events', { key: 'ann' })).toBe('forbidden');
    expect(await refusal(client, 'features')).toBe('forbidden');
    expect(await refusal(client, 'features', { key: 'bob' })).toBe('forbidden');
    client.subscribe(1, 'features', { key: 'ann' });
    client.subscribe(2, 'recommendations', { key: 'ann' });
    await client.until(() => client.frames.filter(({ op }) => op === 'SUBSCRIBED').length === 2);
  });

  it('end when a new token does not allow them', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'events');
    client.subscribe(2, 'features', { key: 'ann' });
    client.subscribe(3, 'features', { key: 'bob' });
    await client.until(() => client.frames.filter(({ op }) => op === 'SUBSCRIBED').length === 3);
    world.feeds.authorise(client.id, { tenant: 'default', userId: 'ann' });
    const ended = () => client.frames.filter((frame) => frame.op === 'UNSUBSCRIBED');
    await client.until(() => ended().length === 2);
    expect(ended()).toMatchObject([
      { sub: 1, code: 'forbidden' },
      { sub: 3, code: 'forbidden' },
    ]);
    world.feeds.authorise(client.id, { tenant: 'another', userId: 'ann' });
    await client.until(() => ended().length === 3);
  });
});
