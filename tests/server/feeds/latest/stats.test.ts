import { afterEach, describe, expect, it } from 'vitest';
import { DATA_MAX_BYTES } from '../../../../protocol/limits.ts';
import { codecFor, SUBPROTOCOLS } from '../../../../protocol/wire.ts';
import { encodeMessage } from '../../../../server/bus/message.ts';
import { TOPICS } from '../../../../server/bus/messages.ts';
import type { StatsValue } from '../../../../server/feeds/figures.ts';
import { HISTORY_SECONDS, History } from '../../../../server/feeds/latest/history.ts';
import { type FeedsWorld, feedsWorld, settled } from '../../../helpers/feeds-world.ts';
import { testFigures } from '../../../helpers/figures.ts';

interface Item {
  key: string;
  version: number;
  value: StatsValue;
}
let world: FeedsWorld;
afterEach(() => world?.stop());

describe('stats', () => {
  it('come each second, the first item with the last five minutes', async () => {
    world = feedsWorld();
    for (let second = 1; second <= HISTORY_SECONDS + 5; second++)
      world.feeds.stats(testFigures('here', second * 1_000));
    const client = world.connect();
    client.subscribe(1, 'stats');
    const [first] = await client.untilItems<Item>(1);
    expect(first).toMatchObject({
      key: 'server',
      version: 305_000,
      value: { server: 'here', events: { received: 100 } },
    });
    const { history } = first!.value;
    expect(history!.at.length).toBe(HISTORY_SECONDS);
    expect([history!.at[0], history!.at.at(-1)]).toEqual([6_000, 305_000]);
    expect(history!.byAction.skip!.length).toBe(HISTORY_SECONDS);
    expect(history!.ackP50Ms[0]).toBe(5.12);
    world.feeds.stats(testFigures('here', 306_000));
    const [, second] = await client.untilItems<Item>(2);
    expect(second).toMatchObject({ version: 306_000 });
    expect(second!.value).not.toHaveProperty('history');
  });

  it('without credit keep only the newest, which is still the first item', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'stats', { limit: 0, key: 'server' });
    for (const at of [1_000, 2_000, 3_000]) world.feeds.stats(testFigures('here', at));
    await settled();
    expect(client.items()).toEqual([]);
    client.flow(1, 1);
    const [first] = await client.untilItems<Item>(1);
    expect(first).toMatchObject({ version: 3_000, value: { history: { at: [1_000, 2_000, 3_000] } } });
  });

  it('of the cluster add up the servers that were heard of', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'stats', { key: 'cluster' });
    world.feeds.stats(testFigures('here', 1_000));
    await client.untilItems(1);
    const heard = new Promise((resolve) => world.bus.subscribe(TOPICS.stats, resolve));
    world.bus.publish(TOPICS.stats, encodeMessage(testFigures('there', 1_500)));
    world.bus.publish(TOPICS.stats, encodeMessage({ server: 'of another version' }));
    await heard;
    await settled(2);
    world.feeds.stats(testFigures('here', 2_000));
    const items = await client.untilItems<Item>(2);
    expect(items.map(({ value }) => value.events.stored)).toEqual([95, 190]);
    expect(items[1]).toMatchObject({ key: 'cluster', value: { server: 'cluster', connections: { publishers: 20 } } });
  });

  it('do not go back when a clock does', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'stats');
    world.feeds.stats(testFigures('here', 5_000));
    world.feeds.stats(testFigures('here', 4_000));
    expect((await client.untilItems<Item>(2)).map(({ version }) => version)).toEqual([5_000, 5_001]);
  });

  it('are told that they cannot be resumed', async () => {
    world = feedsWorld();
    const client = world.connect();
    client.subscribe(1, 'stats', { from: { epoch: 'before', offset: '17' } });
    expect((await client.next('SUBSCRIBED')).position.recovered).toBe(false);
  });
});

it.each(SUBPROTOCOLS)('a first item of a busy server fits into a frame of %s', (subprotocol) => {
  const history = new History();
  const names = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}_${i}`, 1_000 + i]));
  const figures = testFigures('here', 1_764_547_200_000);
  for (let second = 0; second < HISTORY_SECONDS; second++) {
    history.add({
      ...figures,
      at: figures.at + second * 1_000,
      events: {
        ...figures.events,
        received: 123_456,
        byType: names('type', 7),
        byAction: names('action', 7),
        rejectedByCode: names('code', 11),
      },
    });
  }
  const item = { key: 'server', version: 1, value: { ...figures, history: history.value } };
  expect(codecFor(subprotocol).encodeEvent(item).bytes).toBeLessThan(DATA_MAX_BYTES);
});
