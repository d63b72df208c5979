import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { encodeMessage } from '../../../server/bus/message.ts';
import { TOPICS } from '../../../server/bus/messages.ts';
import { Asker, type AskerOptions } from '../../../server/recommend/asker.ts';
import type { RecommendationRequest } from '../../../server/recommend/port.ts';
import { parseRecommendationId } from '../../../server/recommend/recommendation-id.ts';
import { UnavailableError } from '../../../server/recommend/unavailable.ts';
import { PARTITIONS, RecommendWorld, TENANT } from '../../helpers/recommend-world.ts';

const TRACKS = Array.from({ length: 30 }, (_, n) => `t${n}`);
let world: RecommendWorld;
const open: Asker[] = [];

beforeEach(async () => {
  world = new RecommendWorld();
  await world.open();
  await world.listeners(3, TRACKS);
});
afterEach(async () => {
  for (const asker of open.splice(0)) asker.close();
  await world.close();
});

async function asker(options: Partial<AskerOptions> = {}): Promise<Asker> {
  const { bus, store } = world;
  const asker = new Asker({ bus, process: 'me', partitions: PARTITIONS, store, timeoutMs: 5_000, ...options });
  open.push(asker);
  return asker;
}
/** Everybody hears what is popular. */
async function announced(): Promise<void> {
  const heard = vi.fn();
  world.bus.subscribe(TOPICS.popular, heard);
  world.index.announce();
  await vi.waitFor(() => expect(heard).toHaveBeenCalled(), 10_000);
}
function request(more: Partial<RecommendationRequest> = {}): RecommendationRequest {
  return { tenant: TENANT, userId: 'ann', count: 10, model: 'blend', ...more };
}

describe('asking the owner', () => {
  it('gives its list', async () => {
    world.owner();
    await world.did('ann', 'play', 't3');
    const list = await (await asker()).ask(request());
    expect(list).toMatchObject({ user_id: 'ann', model: 'blend' });
    expect(list.tracks[0]!.track_id).toBe('t4');
  });

  it('answers everybody with their own', async () => {
    world.owner();
    const one = await asker();
    const lists = await Promise.all(
      Array.from({ length: 50 }, (_, n) => one.ask(request({ userId: `u${n}`, count: 3 }))),
    );
    expect(lists.map(({ user_id }) => user_id)).toEqual(Array.from({ length: 50 }, (_, n) => `u${n}`));
  });
});

describe('when no owner answers', () => {
  it('what is popular stands in, says so, and is in the log before', async () => {
    const one = await asker({ timeoutMs: 1 });
    await announced();
    const list = await one.ask(request({ requestId: 'r1', filters: { exclude: ['t0'], genre: ['g'] } }));
    expect(list).toMatchObject({
      model: 'popularity',
      degraded: true,
      confidence: 0,
      request_id: 'r1',
      user_id: 'ann',
    });
    expect(list.tracks).toHaveLength(10);
    expect(list.tracks.map(({ track_id }) => track_id)).not.toContain('t0');
    expect(parseRecommendationId(list.recommendation_id)!.slot).toBeGreaterThanOrEqual(32);
    expect(world.served).toMatchObject([{ recommendation_id: list.recommendation_id, degraded: true }]);
  });

  it('the owner says the same for that request afterwards', async () => {
    const one = await asker({ timeoutMs: 1 });
    await announced();
    const list = await one.ask(request({ requestId: 'r1' }));
    world.owner();
    const { tracks, ...rest } = await (await asker()).ask(request({ requestId: 'r1' }));
    const { tracks: shown, ...before } = list;
    expect(rest).toEqual(before);
    expect(tracks).toEqual(shown);
  });

  it('no other list is shown than the one that a slow owner stored', async () => {
    const { recommender } = world.owner();
    const stored = await recommender.server.serve(request({ requestId: 'r1' }));
    await announced();
    const hasty = await asker({ timeoutMs: 0 });
    await announced();
    expect(await hasty.ask(request({ requestId: 'r1' }))).toEqual(stored);
    expect(world.served).toHaveLength(1);
  });

  it('the list is empty where nothing is popular either, or nothing of it is wanted', async () => {
    const one = await asker({ timeoutMs: 1 });
    const empty = { model: 'popularity', degraded: true, tracks: [] };
    await expect(one.ask(request({ requestId: 'r1' }))).resolves.toMatchObject(empty);
    await announced();
    await expect(one.ask(request({ tenant: 'another' }))).resolves.toMatchObject(empty);
    // Of somebody else: a gateway draws one of few places for a listener's list, and may take the first one's.
    await expect(one.ask(request({ userId: 'bob', filters: { artist: ['nobody'] } }))).resolves.toMatchObject(empty);
    expect(world.served).toHaveLength(3);
    // Said once, it is the answer to that request.
    world.owner();
    await expect((await asker()).ask(request({ requestId: 'r1' }))).resolves.toMatchObject(empty);
  });

  it('it is an error where the log does not take it', async () => {
    const one = await asker({ timeoutMs: 1 });
    await announced();
    world.storeFails = true;
    await expect(one.ask(request())).rejects.toBeInstanceOf(UnavailableError);
  });

  it('a refusal is not waited for any longer', async () => {
    world.owner();
    const one = await asker({ timeoutMs: 20_000, store: async () => 'stored' });
    await announced();
    world.storeFails = true;
    await expect(one.ask(request())).resolves.toMatchObject({ degraded: true });
  });

  it('nobody waits beyond the bound', async () => {
    const one = await asker({ timeoutMs: 20_000, maxWaiting: 1 });
    await announced();
    const first = one.ask(request({ userId: 'bob' }));
    await expect(one.ask(request())).resolves.toMatchObject({ degraded: true });
    one.close();
    await expect(first).resolves.toMatchObject({ degraded: true });
  });
});

it('hears nothing of what is not for it', async () => {
  world.owner();
  const one = await asker();
  for (const message of [{ kind: 'answer', id: 'unknown' }, { kind: 'list' }, {}]) {
    world.bus.publish(TOPICS.inbox('me:answers'), encodeMessage(message));
    world.bus.publish(TOPICS.popular, encodeMessage(message));
  }
  await expect(one.ask(request())).resolves.toMatchObject({ model: 'blend' });
});
