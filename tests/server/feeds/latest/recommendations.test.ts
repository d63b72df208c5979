import { afterEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../../../../format/partition.ts';
import { decodeMessage, encodeMessage } from '../../../../server/bus/message.ts';
import { type InterestMessage, TOPICS } from '../../../../server/bus/messages.ts';
import type { FeedsOwner } from '../../../../server/feeds/port.ts';
import type { RecommendationList } from '../../../../server/recommend/port.ts';
import { type FeedsWorld, feedsWorld } from '../../../helpers/feeds-world.ts';
import { Inbox } from '../../../helpers/inbox.ts';

interface Item {
  key: string;
  version: number;
  value: RecommendationList;
}

let world: FeedsWorld;
afterEach(() => world.stop());

const PARTITION = partitionOf('default', 'ann', 4);

/** The owner of the partition of `ann`, played by the test. */
function start(renewMs = 60_000, recommend?: FeedsOwner['recommend']) {
  world = feedsWorld({ partitions: 4, timing: { renewMs }, ...(recommend && { recommend }) });
  const asked = new Inbox<Partial<InterestMessage>>();
  world.bus.subscribe(TOPICS.interest(PARTITION), (bytes) => asked.put(decodeMessage<InterestMessage>(bytes)!));
  const send = (topic: string, message: object) => world.bus.publish(topic, encodeMessage(message));
  return {
    asked,
    answer: (list: RecommendationList, tenant = 'default') =>
      send(TOPICS.inbox('process-1'), { kind: 'list', tenant, list }),
    owned: () => send(TOPICS.owner, { partition: PARTITION }),
  };
}
const list = (id: string, user = 'ann', more: Partial<RecommendationList> = {}): RecommendationList => ({
  recommendation_id: id,
  user_id: user,
  model: 'blend',
  at: 1_000,
  tracks: [{ track_id: 't', score: 0.5, artist: 'x' }],
  confidence: 0.7,
  ...more,
});
const ids = (items: readonly Item[]) => items.map(({ value }) => value.recommendation_id);

describe('recommendations', () => {
  it('are asked of the owner, and come whenever it makes another list', async () => {
    const { asked, answer } = start();
    const client = world.connect();
    client.subscribe(1, 'recommendations', { key: 'ann' });
    expect(await asked.take()).toEqual({
      kind: 'interest',
      inbox: 'process-1',
      tenant: 'default',
      userId: 'ann',
      count: 20,
      model: 'blend',
    });
    answer(list('one'));
    answer(list('of another tenant'), 'other');
    answer(list('of another user', 'bob'));
    // The clock of another owner may go after: what comes later is newer all the same.
    answer(list('two', 'ann', { at: 900 }));
    const items = await client.untilItems<Item>(2);
    expect(items[0]).toEqual({ key: 'ann', version: 1_000, value: list('one') });
    expect(items[1]).toMatchObject({ value: { recommendation_id: 'two', at: 900 } });
    expect(items[1]!.version).toBeGreaterThan(1_000);
    const other = world.connect();
    other.subscribe(1, 'recommendations', { key: 'ann' });
    expect(ids(await other.untilItems<Item>(1))).toEqual(['two']);
  });

  it('say which list they have when they ask again, and ask a new owner at once', async () => {
    const { asked, answer, owned } = start();
    const client = world.connect();
    client.subscribe(1, 'recommendations', { key: 'ann' });
    expect(await asked.take()).not.toHaveProperty('have');
    answer(list('one'));
    await client.untilItems(1);
    owned();
    expect(await asked.take()).toMatchObject({ userId: 'ann', have: 'one' });
  });

  it('are asked for again and again, until nobody watches any more', async () => {
    const { asked } = start(20);
    const client = world.connect();
    client.subscribe(1, 'recommendations', { key: 'ann' });
    for (let i = 0; i < 3; i++) await asked.take();
    client.close();
    asked.drain();
    const other = world.connect();
    other.subscribe(1, 'recommendations', { key: 'bob' });
    await new Promise((resolve) => world.bus.subscribe(TOPICS.interest(partitionOf('default', 'bob', 4)), resolve));
    await new Promise((resolve) => world.bus.subscribe(TOPICS.interest(partitionOf('default', 'bob', 4)), resolve));
    if (partitionOf('default', 'bob', 4) !== PARTITION) expect(asked.drain()).toEqual([]);
    else expect(asked.drain().every(({ userId }) => userId === 'bob')).toBe(true);
  });

  it('without an owner are asked for here, and stay until the owner has one', async () => {
    const requests: unknown[] = [];
    const { answer, asked } = start(20, async (request) => {
      if (requests.push(request) === 1) throw new Error('not even what is popular');
      return list('popular', 'ann', { model: 'popularity', degraded: true });
    });
    const client = world.connect();
    client.subscribe(1, 'recommendations', { key: 'ann' });
    const [first] = await client.untilItems<Item>(1);
    expect(first).toMatchObject({ key: 'ann', value: { recommendation_id: 'popular', degraded: true } });
    expect(requests).toEqual(Array(2).fill({ tenant: 'default', userId: 'ann', count: 20, model: 'blend' }));
    asked.drain();
    for (let i = 0; i < 3; i++) expect(await asked.take()).not.toHaveProperty('have');
    expect(requests.length).toBe(2);
    answer(list('one'));
    expect(ids(await client.untilItems<Item>(2))).toEqual(['popular', 'one']);
  });

  it('of everybody are every list that comes by, the newest of each without credit', async () => {
    const { answer } = start();
    const client = world.connect();
    client.subscribe(1, 'recommendations', { limit: 0 });
    client.subscribe(2, 'recommendations', { filter: { user_id: 'bob' } });
    await client.until(() => client.frames.length === 2);
    answer(list('a1'));
    answer(list('b0', 'bob'));
    answer(list('x', 'ann'), 'other');
    answer(list('a2'));
    answer(list('b1', 'bob'));
    expect(ids(await client.untilItems<Item>(2, 2))).toEqual(['b0', 'b1']);
    client.flow(1, 10);
    expect(ids(await client.untilItems<Item>(2))).toEqual(['a2', 'b1']);
  });
});
