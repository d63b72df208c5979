import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../../server/gateway/authenticator.ts';
import { startWhole } from '../whole.ts';

const AT = Date.now();
const rating = (track: string, more = {}) => ({
  ...{ type: 'explicit_rating', timestamp: AT, user_id: 'u', track_id: track, rating: 5 },
  ...more,
});
const clicked = { type: 'recommendation_clicked', timestamp: AT, user_id: 'u', recommendation_id: 'r', track_id: 't' };

const base = '/v1';

describe('POST /v1/feedback', () => {
  const path = `${base}/feedback`;

  it('answers when it is stored: one event, a list, or a batch as of /v1/events', async () => {
    const { post, world } = await startWhole();
    const none = { duplicates: 0, rejected: [] };
    expect(await post(path, rating('t1'))).toMatchObject({ status: 200, json: { accepted: 1, ...none } });
    expect((await world.events()).map(({ track_id }) => track_id)).toEqual(['t1']);
    const list = ` [ ${JSON.stringify(rating('t2'))} , ${JSON.stringify({ ...clicked, track_id: '] , [' })} ] \n`;
    expect((await post(path, list)).json).toEqual({ accepted: 2, ...none });
    const { user_id: _, ...bare } = rating('t4');
    const batch = { events: [bare], context: { user_id: 'w' }, producer: 'p', first: 1 };
    expect((await post(path, batch)).json).toEqual({ accepted: 1, ...none, done: 1 });
    expect((await post(path, batch)).json).toEqual({ accepted: 0, duplicates: 1, rejected: [], done: 1 });
    const stored = await world.events();
    expect(stored.map(({ track_id }) => track_id).sort()).toEqual(['] , [', 't1', 't2', 't4']);
    expect(stored.find(({ track_id }) => track_id === 't4')).toMatchObject({ user_id: 'w', producer: 'p' });
  });

  it('stores an event with an id once', async () => {
    const { post, world } = await startWhole();
    await post(path, rating('t', { id: 'once' }));
    expect((await post(path, rating('t', { id: 'once' }))).json).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
    expect(await world.events()).toHaveLength(1);
  });

  it('rejects what is not sound, event by event', async () => {
    const { post } = await startWhole();
    const some = await post(path, [rating('t', { rating: 9 }), clicked, { ...clicked, type: 'no_such' }]);
    expect(some.json).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 0, code: 'invalid_field', path: 'rating' },
        { index: 2, code: 'unknown_type', path: 'type' },
      ],
    });
    expect(await post(path, rating('t', { rating: 9 }))).toMatchObject({ status: 422, json: { code: 'all_rejected' } });
  });

  it.each([
    ['another kind of event', [clicked, { type: 'user_interaction', timestamp: AT }]],
    ['no events', []],
    ['no JSON', 'nothing'],
    ['an empty batch', { events: [] }],
    ['another kind of event in a batch', { events: [{ type: 'track_skipped' }] }],
  ])('refuses %s whole', async (_, body) => {
    const { post, world } = await startWhole();
    expect((await post(path, body)).json).toMatchObject({ status: 400, code: 'invalid_body' });
    expect(await world.events()).toEqual([]);
  });

  it('takes no list of the server’s own', async () => {
    const { post, world } = await startWhole();
    expect((await post(path, { ...clicked, type: 'recommendation_served' })).json.rejected).toMatchObject([
      { code: 'unknown_type' },
    ]);
    expect(await world.events()).toEqual([]);
  });

  it('takes JSON, and asks for a token where there is one', async () => {
    const { post } = await startWhole({ env: { GAPLESS_TOKEN: 'secret-token-0123456789' } });
    expect((await post(path, rating('t'))).json).toMatchObject({ status: 401, code: 'unauthenticated' });
    const good = { authorization: 'Bearer secret-token-0123456789' };
    expect((await post(path, rating('t'), { ...good, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(path, rating('t'), good)).status).toBe(200);
  });

  it('takes of a token that names a user only that user’s', async () => {
    const identity = { tenant: 'default', owner: 'o', userId: 'me' };
    const authenticator: Authenticator = { needsToken: true, verify: () => ({ ok: true, identity }) };
    const { post, world } = await startWhole({ authenticator });
    const { user_id: _, ...bare } = rating('t');
    const reply = await post(path, [bare, rating('t', { user_id: 'you' })]);
    expect(reply.json).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'forbidden_user' }] });
    expect(await world.events()).toMatchObject([{ user_id: 'me' }]);
  });
});
