import { afterEach, describe, expect, it } from 'vitest';
import { CONFLATED_KEYS_MAX } from '../../../../protocol/limits.ts';
import { encodeMessage } from '../../../../server/bus/message.ts';
import { TOPICS } from '../../../../server/bus/messages.ts';
import { userGroup } from '../../../../server/features/groups.ts';
import { FeatureRequestError } from '../../../../server/features/request.ts';
import { type FeedsWorld, feedsWorld, settled } from '../../../helpers/feeds-world.ts';

interface Item {
  key: string;
  version: number;
  value: { values: { plays: number }; at: number };
}

let world: FeedsWorld;
afterEach(() => world.stop());

/** A store of one number a user. */
function start() {
  const plays = new Map<string, number>();
  const state = { reads: 0, failures: 0 };
  world = feedsWorld({
    features: {
      async userValues(tenant, user) {
        state.reads++;
        if (state.failures-- > 0) throw new Error('the store is away');
        const count = plays.get(`${tenant}/${user}`);
        return { values: count === undefined ? {} : { plays: count }, at: 1_000 };
      },
      async lookup({ features }) {
        if (features[0] !== 'user:plays') throw new FeatureRequestError('unknown_feature', 'there is no such feature');
        return { features: ['user:plays'], at: 1, rows: [] };
      },
    },
  });
  const changed = (...users: string[]) => {
    const groups = users.map((user) => userGroup('default', user));
    world.bus.publish(TOPICS.features, encodeMessage({ partition: 0, groups }));
  };
  const save = (user: string, count: number, tenant = 'default') => {
    plays.set(`${tenant}/${user}`, count);
    world.bus.publish(TOPICS.features, encodeMessage({ partition: 0, groups: [userGroup(tenant, user), 'track\0x'] }));
  };
  return { state, save, changed, plays };
}
const short = (items: readonly Item[]) => items.map(({ key, value }) => [key, value.values.plays]);

describe('features', () => {
  it('of a user come at once, and again when they change', async () => {
    const { save, plays } = start();
    plays.set('default/ann', 1);
    const client = world.connect();
    client.subscribe(1, 'features', { key: 'ann' });
    expect(await client.untilItems<Item>(1)).toEqual([
      { key: 'ann', version: expect.any(Number), value: { values: { plays: 1 }, at: 1_000 } },
    ]);
    save('bob', 5);
    save('ann', 2);
    const items = await client.untilItems<Item>(2);
    expect(short(items)).toEqual([
      ['ann', 1],
      ['ann', 2],
    ]);
    expect(items[1]!.version).toBeGreaterThan(items[0]!.version);
  });

  it('of a user of whom nothing is known come when there is something', async () => {
    const { save } = start();
    const client = world.connect();
    client.subscribe(1, 'features', { key: 'new' });
    await client.next('SUBSCRIBED');
    await settled();
    expect(client.frames).toEqual([]);
    save('new', 1);
    expect(short(await client.untilItems<Item>(1))).toEqual([['new', 1]]);
  });

  it('of everybody come as they change, of one tenant only, filtered', async () => {
    const { save } = start();
    const client = world.connect();
    client.subscribe(1, 'features');
    client.subscribe(2, 'features', { filter: { user_id: ['bob', 'cem'] } });
    await client.until(() => client.frames.length === 2);
    save('ann', 9, 'other');
    save('ann', 1);
    save('bob', 2);
    expect(short(await client.untilItems<Item>(2))).toEqual([
      ['ann', 1],
      ['bob', 2],
    ]);
    expect(short(await client.untilItems<Item>(1, 2))).toEqual([['bob', 2]]);
  });

  it('are not even read without credit, and then as they are', async () => {
    const { state, save } = start();
    const client = world.connect();
    client.subscribe(1, 'features', { limit: 0 });
    await client.next('SUBSCRIBED');
    for (const count of [1, 2, 3]) {
      save('ann', count);
      save('bob', 10 * count);
    }
    await settled();
    expect(state.reads).toBe(0);
    client.flow(1, 1);
    await client.untilItems(1);
    await settled();
    client.flow(1, 9);
    expect(short(await client.untilItems<Item>(2))).toEqual([
      ['ann', 3],
      ['bob', 30],
    ]);
  });

  it('beyond what may wait let the oldest go, and tell how many', async () => {
    const { changed, plays } = start();
    const client = world.connect();
    client.subscribe(1, 'features', { limit: 0 });
    await client.next('SUBSCRIBED');
    const users = Array.from({ length: CONFLATED_KEYS_MAX + 4 }, (_, i) => `user-${i}`);
    for (const user of users) plays.set(`default/${user}`, 1);
    changed(...users);
    await settled();
    client.flow(1, 10_000);
    const items = await client.untilItems<Item>(CONFLATED_KEYS_MAX);
    expect(client.frames[0]).toMatchObject({ op: 'GAP', skipped: 4 });
    expect(items[0]!.key).toBe('user-4');
  });

  it('are read once for all who watch a user', async () => {
    const { state, save, plays } = start();
    plays.set('default/ann', 1);
    const clients = Array.from({ length: 20 }, () => world.connect());
    for (const client of clients) client.subscribe(1, 'features', { key: 'ann' });
    await Promise.all(clients.map((client) => client.untilItems(1)));
    save('ann', 2);
    await Promise.all(clients.map((client) => client.untilItems(2)));
    expect(state.reads).toBe(2);
  });

  it('wait while the store is away', async () => {
    const { state, plays } = start();
    plays.set('default/ann', 1);
    state.failures = 1;
    const client = world.connect();
    client.subscribe(1, 'features', { key: 'ann' });
    expect(short(await client.untilItems<Item>(1))).toEqual([['ann', 1]]);
  });

  it('are looked up, and refused with a code that crosses threads', async () => {
    start();
    const request = { tenant: 'default', rows: [] };
    expect(await world.feeds.lookup({ ...request, features: ['user:plays'] })).toMatchObject({ answer: { at: 1 } });
    expect(await world.feeds.lookup({ ...request, features: ['x'] })).toEqual({
      refused: { code: 'unknown_feature', message: 'there is no such feature' },
    });
  });
});
