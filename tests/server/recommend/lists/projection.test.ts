import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '../../../../format/model.ts';
import { lookupFeatures } from '../../../../server/features/lookup.ts';
import { openMemoryFeatureStore } from '../../../../server/features/memory/store.ts';
import { DISLIKED_MAX, type ListenerState } from '../../../../server/recommend/lists/listener-state.ts';
import {
  HALF_LIFE_MS,
  type ModelState,
  modelCodec,
  modelGroup,
  readOutcome,
} from '../../../../server/recommend/lists/model-state.ts';
import { listenerKey, listsProjection, slotKey } from '../../../../server/recommend/lists/projection.ts';
import type { SlotState } from '../../../../server/recommend/lists/slot.ts';
import { LIST_SLOTS, makeRecommendationId } from '../../../../server/recommend/recommendation-id.ts';
import { answeredList } from '../../../../server/recommend/served.ts';
import { FoldedUsers } from '../../../helpers/fold-users.ts';
import { interaction, list, served, stored, T0, TENANT, USER } from './events.ts';

function fold(...events: StoredEvent[]) {
  const users = new FoldedUsers(listsProjection);
  for (const event of events) users.fold(event);
  return {
    users,
    listener: () => users.state<ListenerState>(listenerKey(TENANT, USER)),
    slot: (slot: number) => users.state<SlotState>(slotKey(TENANT, USER, slot)),
    outcome: (outcome: Parameters<typeof readOutcome>[1], rank?: number, now = T0) =>
      readOutcome(users.state<ModelState>({ group: modelGroup(TENANT, 'blend'), field: '' }), outcome, now, rank),
  };
}

describe('what must not be recommended', () => {
  it('knows what was played and what was skipped before 30 s in the session', () => {
    const { listener } = fold(
      interaction('play', 'a'),
      interaction('skip', 'a', { position_ms: 4_000 }),
      interaction('play', 'b'),
      interaction('skip', 'b', { position_ms: 31_000 }),
    );
    expect([...listener().played]).toEqual(['a', 'b']);
    expect([...listener().skipped]).toEqual(['a']);
  });

  it('starts anew with the next session, and leaves out what comes late of an older one', () => {
    const { listener } = fold(
      interaction('skip', 'a', {}, T0),
      interaction('play', 'b', { session_id: 's2' }, T0 + 1_000),
      interaction('skip', 'c', { session_id: 's1' }, T0 + 500),
    );
    expect(listener()).toMatchObject({ session: 's2', played: new Set(['b']), skipped: new Set() });
  });

  it('remembers dislikes beyond the session, the newest where they are many, until a like', () => {
    const dislikes = Array.from({ length: DISLIKED_MAX + 3 }, (_, n) => interaction('dislike', `t${n}`, {}, T0 + n));
    const { listener } = fold(
      ...dislikes,
      interaction('like', 't100', {}, T0 + 1_000),
      stored('explicit_rating', { track_id: 'r', rating: 1 }),
    );
    const { disliked } = listener();
    expect(disliked.size).toBe(DISLIKED_MAX);
    expect([disliked.has('t2'), disliked.has('t3'), disliked.has('t100'), disliked.has('r')]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('does not let a like from before the dislike undo it', () => {
    const { listener } = fold(interaction('dislike', 'a', {}, T0 + 10), interaction('like', 'a', {}, T0));
    expect(listener().disliked.has('a')).toBe(true);
  });

  it('counts what the listener does as a change, and nothing else', () => {
    const id = makeRecommendationId('blend', 0);
    const { listener } = fold(
      served(list(id, ['a'])),
      stored('recommendation_shown', { recommendation_id: id, track_id: 'a' }),
      interaction('pause', 'a'),
      interaction('play', 'a'),
    );
    expect(listener().changes).toBe(1);
  });
});

describe('served lists', () => {
  it('remembers a list whole, by its slot and by its request', () => {
    const answer = list(makeRecommendationId('blend', 3), ['a', 'b'], 'req-1');
    const { listener, slot } = fold(served(answer));
    expect(listener().requests.get('req-1')).toBe(3);
    expect(answeredList(USER, slot(3).list!)).toEqual(answer);
  });

  it('forgets a list and its request when its slot is taken again', () => {
    const first = list(makeRecommendationId('blend', 0), ['a'], 'old');
    const later = Array.from({ length: LIST_SLOTS }, (_, n) =>
      list(makeRecommendationId('blend', (n + 1) % LIST_SLOTS), ['b'], `r${n}`),
    );
    const { listener, slot } = fold(...[first, ...later].map((one) => served(one)));
    expect(listener().served).toBe(LIST_SLOTS + 1);
    expect(listener().requests.has('old')).toBe(false);
    expect(listener().requests.size).toBe(LIST_SLOTS);
    expect(slot(0).list!.tracks).toEqual(['b']);
  });
});

describe('attribution', () => {
  const id = makeRecommendationId('blend', 5);
  const answer = list(id, ['a', 'b', 'c']);
  const of = (type: string, track: string) => stored(type, { recommendation_id: id, track_id: track });

  it('counts by model and rank what became of a list', () => {
    const { outcome } = fold(
      served(answer),
      ...['a', 'b', 'c'].map((track) => of('recommendation_shown', track)),
      of('recommendation_clicked', 'b'),
      interaction('play', 'b', { recommendation_id: id }),
      interaction('complete', 'b', { recommendation_id: id }),
      interaction('skip', 'c', { recommendation_id: id, position_ms: 1_000 }),
      stored('feedback_event', { recommendation_id: id, feedback_type: 'explicit', rating: 4 }),
    );
    const totals = ['shown', 'clicked', 'played', 'completed', 'skipped', 'feedback'] as const;
    expect(totals.map((name) => outcome(name).total)).toEqual([3, 1, 1, 1, 1, 1]);
    expect(outcome('clicked', 1).total).toBe(1);
    expect(outcome('skipped', 2).total).toBe(1);
    expect(outcome('feedback', -1).total).toBe(1);
    expect(outcome('shown', 0, T0 + HALF_LIFE_MS).decayed).toBeCloseTo(0.5, 9);
  });

  it('counts each outcome of a track once, and nothing that is not in the list', () => {
    const { outcome } = fold(
      served(answer),
      of('recommendation_clicked', 'a'),
      of('recommendation_clicked', 'a'),
      of('recommendation_clicked', 'z'),
      stored('recommendation_clicked', { recommendation_id: makeRecommendationId('blend', 5), track_id: 'a' }),
      stored('recommendation_clicked', { recommendation_id: 'blend.99.aaaaaaaaaaaaaaaa', track_id: 'a' }),
      stored('recommendation_clicked', { recommendation_id: 'made up', track_id: 'a' }),
    );
    expect(outcome('clicked').total).toBe(1);
  });

  it('is read over all partitions: counts, click-through and completion by rank', async () => {
    const here = fold(served(answer), of('recommendation_shown', 'a'), of('recommendation_shown', 'b')).users;
    const there = fold(
      served(answer),
      of('recommendation_shown', 'a'),
      of('recommendation_clicked', 'a'),
      interaction('play', 'a', { recommendation_id: id }),
      interaction('complete', 'a', { recommendation_id: id }),
      interaction('play', 'b', { recommendation_id: id }),
    ).users;
    const group = modelGroup(TENANT, 'blend');
    const store = openMemoryFeatureStore();
    for (const [number, users] of [here, there].entries()) {
      const bytes = modelCodec.encode(users.state<ModelState>({ group, field: '' }));
      const scope = { kind: 'users', number } as const;
      await store.save({ scope, expected: [0], next: [1], changes: [{ group, field: '', bytes }] });
    }
    const features = ['model:shown_total', 'model:click_through_7d', 'model:click_through_by_rank_7d'];
    const request = {
      tenant: TENANT,
      features: [...features, 'model:completion_by_rank_7d'],
      rows: [{ model: 'blend' }],
    };
    const { rows } = await lookupFeatures(store, 2, request, T0);
    expect(rows[0]!.map(({ value }) => value)).toEqual([
      3,
      expect.closeTo(1 / 3, 9),
      [expect.closeTo(1 / 2, 9), 0],
      [1, 0],
    ]);
    const unknown = await lookupFeatures(store, 2, { tenant: TENANT, features, rows: [{ model: 'no such' }] }, T0);
    expect(unknown.rows[0]!.map(({ status }) => status)).toEqual(['not_found', 'not_found', 'not_found']);
    await store.close();
  });
});
