import { describe, expect, it } from 'vitest';
import { VIEWS } from '../../../../server/features/registry.ts';
import type { Authenticator } from '../../../../server/gateway/authenticator.ts';
import { startWhole } from '../whole.ts';

const ofUser: Authenticator = {
  needsToken: true,
  verify: () => ({ ok: true, identity: { tenant: 'acme', owner: 'o', userId: 'me' } }),
};
const [user] = VIEWS;
const FEATURE = `user:${user!.features[0]!.name}`;
const OF_USERS = VIEWS.filter(({ entity }) => entity.join() === 'user').map(({ name }) => `${name}:*`);

const base = '';

describe('GET /features/{entity}/{id}', () => {
  it('looks up all of an entity, or what is named', async () => {
    const { get, looked } = await startWhole();
    const reply = await get(`${base}/features/user/u%2F1`);
    expect(reply.status).toBe(200);
    expect(looked).toEqual([{ tenant: 'default', features: OF_USERS, rows: [{ user: 'u/1' }] }]);
    expect(reply.json).toMatchObject({ entity: 'user', ids: { user: 'u/1' }, at: 1_790_000_000_000 });
    expect(Object.keys(reply.json.features).length).toBeGreaterThan(OF_USERS.length);
    expect(reply.json.features[FEATURE]).toEqual({ status: 'present', value: 1.5, at: 1_790_000_000_000 });

    await get(`${base}/features/user/u?features=${FEATURE}&features=session:*&at=5&max_age_ms=6`);
    expect(looked[1]).toEqual({
      ...{ tenant: 'default', features: [FEATURE, 'session:*'], rows: [{ user: 'u' }], at: 5, maxAgeMs: 6 },
    });
  });

  it('takes the parts of an id, each encoded', async () => {
    const { get, looked } = await startWhole();
    const reply = await get(`${base}/features/user_artist/u%2C1,Guns%20N%E2%80%99%20Roses`);
    expect(reply.json.ids).toEqual({ user: 'u,1', artist: 'Guns N’ Roses' });
    expect(looked[0]).toMatchObject({ features: ['user_artist:*'], rows: [{ user: 'u,1', artist: 'Guns N’ Roses' }] });
    expect((await get(`${base}/features/global`)).json).toMatchObject({ entity: 'global', ids: {} });
    expect(looked[1]).toMatchObject({ features: ['global:*'], rows: [{}] });
  });

  it('knows every entity of the registry', async () => {
    const { get, looked } = await startWhole();
    for (const { entity, name } of VIEWS) {
      const path = entity.length === 0 ? 'global' : `${entity.join('_')}/${entity.map((id) => `${id}-1`).join()}`;
      expect((await get(`${base}/features/${path}`)).status).toBe(200);
      expect(looked.at(-1)?.features).toContain(`${name}:*`);
    }
  });

  it('refuses what there is not or what is not sound', async () => {
    const { get, looked } = await startWhole();
    const cases: [path: string, status: number, code: string, parameter?: string][] = [
      ['nobody/u', 404, 'unknown_entity'],
      ['constructor/u', 404, 'unknown_entity'],
      ['user', 404, 'not_found'],
      ['user/u/v', 404, 'not_found'],
      ['user/a,b', 400, 'invalid_parameter', 'id'],
      ['user_artist/u', 400, 'invalid_parameter', 'id'],
      ['user_artist/u,', 400, 'invalid_parameter', 'id'],
      ['user/%00', 400, 'invalid_parameter', 'id'],
      ['user/%ff', 400, 'invalid_parameter', 'id'],
      ['user/u?features=plays', 400, 'invalid_parameter', 'features'],
      ['user/u?features=user:no_such', 400, 'unknown_feature', 'features'],
      ['user/u?features=track:*', 400, 'missing_entity', 'features'],
      [`user/u?${'features=user:*&'.repeat(150)}`, 400, 'invalid_parameter', 'features'],
      ['user/u?at=yesterday', 400, 'invalid_parameter', 'at'],
      ['user/u?max_age_ms=0', 400, 'invalid_parameter', 'max_age_ms'],
    ];
    for (const [path, status, code, parameter] of cases) {
      const reply = await get(`${base}/features/${path}`);
      expect(reply.json).toMatchObject({ status, code, ...(parameter !== undefined && { parameter }) });
    }
    expect(looked).toEqual([]);
  });

  it('gives a token that names a user only that user', async () => {
    const { get, looked } = await startWhole({ authenticator: ofUser });
    for (const path of ['user/me', 'user_genre/me,rock'])
      expect((await get(`${base}/features/${path}`)).status).toBe(200);
    for (const path of ['user/you', 'user_genre/you,rock', 'track/t', 'global'])
      expect((await get(`${base}/features/${path}`)).json).toMatchObject({ status: 403, code: 'forbidden' });
    expect(looked.map(({ tenant }) => tenant)).toEqual(['acme', 'acme']);
  });

  it('says when to come back where nobody can answer', async () => {
    const { get } = await startWhole({ lookup: () => Promise.reject(new Error('secret detail')) });
    const reply = await get(`${base}/features/user/u`);
    expect(reply.json).toMatchObject({ status: 503, code: 'unavailable' });
    expect(reply.headers.has('retry-after')).toBe(true);
    expect(reply.text).not.toContain('secret');
  });
});

describe('POST /features/batch', () => {
  const path = `${base}/features/batch`;

  it('looks up rows', async () => {
    const { post, looked } = await startWhole();
    const body = {
      features: [FEATURE, 'track:*'],
      rows: [
        { user: 'u', track: 't' },
        { user: 'v', track: 't', artist: 'a' },
      ],
    };
    const reply = await post(path, { ...body, at: 7, max_age_ms: 8 });
    expect(looked).toEqual([{ tenant: 'default', ...body, at: 7, maxAgeMs: 8 }]);
    expect(reply.json.at).toBe(7);
    expect(reply.json.rows).toHaveLength(2);
    for (const row of reply.json.rows) expect(row).toHaveLength(reply.json.features.length);
  });

  it('refuses what there is not or what is not sound, and says where', async () => {
    const { post, looked } = await startWhole();
    const cases: [object, string, string][] = [
      [{ features: ['user:zip'], rows: [{ user: 'u' }] }, 'unknown_feature', 'features.0'],
      [{ features: [FEATURE], rows: [{ user: 'u' }, { track: 't' }] }, 'missing_entity', 'rows.1.user'],
      [{ features: [FEATURE], rows: [{ users: 'u' }] }, 'invalid_body', 'rows.0.users'],
      [{ features: [], rows: [{ user: 'u' }] }, 'invalid_body', 'features'],
      [{ features: [FEATURE], rows: [] }, 'invalid_body', 'rows'],
      [{ features: [FEATURE], rows: Array(501).fill({ user: 'u' }) }, 'invalid_body', 'rows'],
      [{ features: ['user:*'], rows: Array(500).fill({ user: 'u' }) }, 'invalid_body', 'rows'],
    ];
    for (const [body, code, where] of cases)
      expect((await post(path, body)).json).toMatchObject({ status: 400, code, path: where });
    expect(looked).toEqual([]);
  });

  it('gives a token that names a user only that user', async () => {
    const { post } = await startWhole({ authenticator: ofUser });
    expect((await post(path, { features: [FEATURE], rows: [{ user: 'me' }] })).status).toBe(200);
    for (const rows of [[{ user: 'me' }, { user: 'you' }], [{ track: 't' }], [{}]])
      expect((await post(path, { features: [FEATURE], rows })).json.code).toBe('forbidden');
  });
});

it('tells every feature with what it is', async () => {
  const { get } = await startWhole();
  const { views } = (await get('/v1/features')).json;
  expect(views.map(({ view }: { view: string }) => view)).toEqual(VIEWS.map(({ name }) => name));
  const told = views.flatMap(({ features }: { features: unknown[] }) => features);
  expect(told).toHaveLength(VIEWS.reduce((sum, { features }) => sum + features.length, 0));
  expect(told[0]).toMatchObject({ reference: FEATURE, about: expect.any(String), unit: expect.any(String) });
});
