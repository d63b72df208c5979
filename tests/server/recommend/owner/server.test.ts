import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../../../../format/partition.ts';
import { userGroup } from '../../../../server/features/groups.ts';
import type { RecommendationRequest } from '../../../../server/recommend/port.ts';
import { LIST_SLOTS } from '../../../../server/recommend/recommendation-id.ts';
import { UnavailableError } from '../../../../server/recommend/unavailable.ts';
import { PARTITIONS, RecommendWorld, TENANT } from '../../../helpers/recommend-world.ts';

const TRACKS = Array.from({ length: 30 }, (_, n) => `t${n}`);
let world: RecommendWorld;

beforeEach(async () => {
  world = new RecommendWorld();
  await world.open();
  await world.listeners(6, TRACKS);
});
afterEach(() => world.close());

function request(more: Partial<RecommendationRequest> = {}): RecommendationRequest {
  return { tenant: TENANT, userId: 'ann', count: 10, model: 'blend', ...more };
}
const ids = (list: { tracks: readonly { track_id: string }[] }) => list.tracks.map(({ track_id }) => track_id);

describe('a list', () => {
  it('goes on from what was just played, with metadata, and is in the log', async () => {
    const { recommender } = world.owner();
    await world.did('ann', 'play', 't3');
    const list = await recommender.server.serve(request());
    expect(list).toMatchObject({ user_id: 'ann', model: 'blend' });
    expect(list.confidence).toBeGreaterThan(0);
    expect(list.degraded).toBeUndefined();
    expect(list.tracks[0]).toMatchObject({ track_id: 't4', artist: 'A', genre: 'g' });
    expect(world.served).toMatchObject([
      { recommendation_id: list.recommendation_id, tracks: ids(list), user_id: 'ann' },
    ]);
  });

  it('leaves out what was disliked, and what was skipped before 30 s, at once', async () => {
    const { recommender } = world.owner();
    await world.did('ann', 'play', 't3');
    expect(ids(await recommender.server.serve(request()))).toEqual(expect.arrayContaining(['t4', 't5']));
    await world.did('ann', 'dislike', 't4');
    await world.did('ann', 'skip', 't5', { position_ms: 2_000 });
    const after = ids(await recommender.server.serve(request({ filters: { seen: 'allow' } })));
    expect(after).not.toContain('t4');
    expect(after).not.toContain('t5');
    expect(after.length).toBe(10);
  });

  it('does not repeat what was played in the session unless that is wanted', async () => {
    const { recommender } = world.owner();
    // Models learn whether people come back to what they heard.
    await world.listeners(4, ['t3', 't4', 't5', 't3', 't4', 't5', 't3', 't4', 't5']);
    for (const track of ['t3', 't4', 't5']) await world.did('ann', 'play', track);
    const fresh = ids(await recommender.server.serve(request({ count: 30, model: 'popularity' })));
    expect(fresh.filter((track) => ['t3', 't4', 't5'].includes(track))).toEqual([]);
    const all = ids(
      await recommender.server.serve(request({ count: 30, model: 'popularity', filters: { seen: 'allow' } })),
    );
    expect(all[0]).toBe('t3');
  });

  it('keeps to filters and to what is excluded, and finds what is like a track', async () => {
    const { recommender } = world.owner();
    await world.did('ann', 'play', 't3');
    expect(ids(await recommender.server.serve(request({ filters: { artist: ['nobody'] } })))).toEqual([]);
    expect(ids(await recommender.server.serve(request({ filters: { exclude: ['t4'] } })))).not.toContain('t4');
    const similar = await recommender.server.serve(request({ similarTo: 't10' }));
    expect(similar.tracks[0]!.track_id).toBe('t11');
    expect(ids(similar)).not.toContain('t10');
  });

  it('has in it every event that was stored before the question', async () => {
    const { recommender } = world.owner();
    for (const track of TRACKS.slice(0, 20)) {
      await world.did('ann', 'dislike', track);
      expect(ids(await recommender.server.serve(request({ count: 30 })))).not.toContain(track);
    }
  });

  it('takes a slot of its own, also beside others on their way', async () => {
    const { recommender } = world.owner();
    const lists = await Promise.all(Array.from({ length: 20 }, () => recommender.server.serve(request())));
    const slots = lists.map(({ recommendation_id }) => recommendation_id.split('.')[1]);
    expect(new Set(slots).size).toBe(20);
    expect(new Set(lists.map(({ recommendation_id }) => recommendation_id)).size).toBe(20);
  });
});

describe('a request id', () => {
  it('gives the same list again, whatever happened meanwhile', async () => {
    const { recommender } = world.owner();
    await world.did('ann', 'play', 't3');
    const first = await recommender.server.serve(request({ requestId: 'r1' }));
    await world.did('ann', 'dislike', ids(first)[0]!);
    expect(await recommender.server.serve(request({ requestId: 'r1' }))).toEqual(first);
    expect(await recommender.server.serve(request({ requestId: 'r2' }))).not.toEqual(first);
  });

  it('gives one list to all who ask at the same time', async () => {
    const { recommender } = world.owner();
    const lists = await Promise.all(
      Array.from({ length: 10 }, () => recommender.server.serve(request({ requestId: 'r1' }))),
    );
    expect(new Set(lists.map(({ recommendation_id }) => recommendation_id)).size).toBe(1);
    expect(world.served).toHaveLength(1);
  });

  it('gives one list also where several believe to be the owner', async () => {
    const owners = [world.owner(), world.owner(), world.owner()];
    for (const requestId of ['r1', 'r2', 'x'.repeat(128)]) {
      const lists = await Promise.all(
        owners.map(({ recommender }) => recommender.server.serve(request({ requestId }))),
      );
      for (const list of lists) expect(list).toEqual(lists[0]);
    }
    expect(world.served).toHaveLength(3);
  });

  it('is known to the next owner', async () => {
    const before = world.owner();
    const first = await before.recommender.server.serve(request({ requestId: 'r1' }));
    before.recommender.close();
    expect(await world.owner().recommender.server.serve(request({ requestId: 'r1' }))).toEqual(first);
  });

  it('means another list once it lies further back than is remembered', async () => {
    const { recommender } = world.owner();
    const first = await recommender.server.serve(request({ requestId: 'r1' }));
    for (let n = 0; n < LIST_SLOTS; n++) await recommender.server.serve(request());
    const later = await recommender.server.serve(request({ requestId: 'r1' }));
    expect(later.recommendation_id).not.toBe(first.recommendation_id);
    expect(await recommender.server.serve(request({ requestId: 'r1' }))).toEqual(later);
  });
});

describe('nobody gets a list', () => {
  it('that is not in the log', async () => {
    const { recommender } = world.owner();
    world.storeFails = true;
    await expect(recommender.server.serve(request())).rejects.toBeInstanceOf(UnavailableError);
    world.storeFails = false;
    await expect(recommender.server.serve(request())).resolves.toBeDefined();
  });

  it('of an owner that lost the partition', async () => {
    const { users, recommender } = world.owner();
    for (let partition = 0; partition < 4; partition++) users.lose(partition);
    await expect(recommender.server.serve(request())).rejects.toBeInstanceOf(UnavailableError);
  });

  it('while the index is away', async () => {
    const { recommender } = world.owner({
      index: () => {
        throw new Error('the index thread is restarting');
      },
    });
    await expect(recommender.server.serve(request())).rejects.toBeInstanceOf(UnavailableError);
  });

  it('beyond what may wait, and those who may still do', async () => {
    const { recommender } = world.owner({ maxWaiting: 5 });
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => recommender.server.serve(request())));
    expect(asked.map(({ status }) => status).sort()).toEqual([
      ...Array(5).fill('fulfilled'),
      ...Array(3).fill('rejected'),
    ]);
    await expect(recommender.server.serve(request())).resolves.toBeDefined();
  });

  it('because of another listener whose record is damaged', async () => {
    const { users, recommender } = world.owner();
    const same = Array.from({ length: 100 }, (_, n) => `u${n}`).filter(
      (user) => partitionOf(TENANT, user, PARTITIONS) === 0,
    );
    const [broken, ...others] = same as [string, ...string[]];
    const current = users.current.bind(users);
    users.current = async (partition, keys) => {
      if (keys.some(({ group }) => group === userGroup(TENANT, broken))) throw new Error('a damaged record');
      return current(partition, keys);
    };
    const asked = await Promise.allSettled(same.map((userId) => recommender.server.serve(request({ userId }))));
    expect(asked.map(({ status }) => status)).toEqual(['rejected', ...others.map(() => 'fulfilled')]);
  });

  it('after having waited for too long', async () => {
    const { recommender } = world.owner({ maxWaitMs: -1 });
    await expect(recommender.server.serve(request())).rejects.toBeInstanceOf(UnavailableError);
  });
});
