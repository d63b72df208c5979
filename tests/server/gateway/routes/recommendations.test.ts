import { describe, expect, it } from 'vitest';
import type { Authenticator } from '../../../../server/gateway/authenticator.ts';
import { exchange } from '../harness.ts';
import { listFor, startWhole } from '../whole.ts';

/** A token that names a user. */
const ofUser = (userId: string): Authenticator => ({
  needsToken: true,
  verify: (token) =>
    token === 'good'
      ? { ok: true, identity: { tenant: 'acme', owner: 'o', userId } }
      : { ok: false, code: token === 'old' ? 'token_expired' : 'unauthenticated' },
});
const GOOD = { authorization: 'Bearer good' };

const base = '/v1';

describe('GET /v1/recommendations/{user_id}', () => {
  it('asks with what stands in the path and the query, and answers the list', async () => {
    const { get, recommended } = await startWhole();
    const reply = await get(`${base}/recommendations/u%2F1%20%E2%99%AB`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(recommended).toEqual([{ tenant: 'default', userId: 'u/1 ♫', count: 20, model: 'blend' }]);
    expect(reply.json).toEqual(listFor(recommended[0]!));

    const query =
      'count=3&model=session_knn&request_id=q-1&artist=A&artist=B,C&genre=rock&exclude=t&seen=allow&source=radio&device=car&playlist=p';
    expect((await get(`${base}/recommendations/u?${query}`)).json.tracks).toHaveLength(3);
    expect(recommended[1]).toEqual({
      ...{ tenant: 'default', userId: 'u', count: 3, model: 'session_knn', requestId: 'q-1' },
      filters: { artist: ['A', 'B,C'], genre: ['rock'], exclude: ['t'], seen: 'allow' },
      context: { source: 'radio', device: 'car', playlist: 'p' },
    });
  });

  it('asks for tracks like one', async () => {
    const { get, recommended } = await startWhole();
    expect((await get(`${base}/recommendations/u/similar/t%2C1?count=2`)).status).toBe(200);
    expect(recommended).toEqual([{ tenant: 'default', userId: 'u', count: 2, model: 'blend', similarTo: 't,1' }]);
  });

  it('refuses what is not sound, and says which parameter', async () => {
    const { port, recommended } = await startWhole();
    const cases = [
      ['u?count=0', 'count'],
      ['u?model=best', 'model'],
      ['u?limit=3', 'limit'],
      ['u?seen=maybe', 'seen'],
      [`u?request_id=${'x'.repeat(65)}`, 'request_id'],
      [`u?${'artist=a&'.repeat(21)}`, 'artist'],
      ['%00', 'user_id'],
      ['%c0%ae%c0%ae', 'user_id'],
      ['u%0d%0aSet-Cookie:x', 'user_id'],
      ['x'.repeat(129), 'user_id'],
      ['u/similar/%ff', 'track_id'],
    ];
    for (const [path, parameter] of cases) {
      const reply = await exchange(port, `GET ${base}/recommendations/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      expect(reply?.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(reply!.body)).toMatchObject({ status: 400, code: 'invalid_parameter', parameter });
    }
    expect(recommended).toEqual([]);
  });

  it('has nothing where a path goes up or holds nothing', async () => {
    const { port } = await startWhole();
    for (const path of ['..', '%2e%2e', '.', '', '../../etc/passwd', 'u/../v', 'u/similar/..', 'u/similar/']) {
      const reply = await exchange(port, `GET ${base}/recommendations/${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      expect(JSON.parse(reply!.body)).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('asks for a token where there is one, before anything else', async () => {
    const { get, recommended } = await startWhole({ env: { GAPLESS_TOKEN: 'secret-token-0123456789' } });
    const none = await get(`${base}/recommendations/u?count=0`);
    expect(none).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    expect(none.headers.get('www-authenticate')).toBe('Bearer');
    expect((await get(`${base}/recommendations/u`, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await get(`${base}/recommendations/u?token=secret-token-0123456789`)).json.code).toBe('token_in_url');
    expect(recommended).toEqual([]);
    const good = { authorization: 'Bearer secret-token-0123456789' };
    expect((await get(`${base}/recommendations/u`, good)).status).toBe(200);
  });

  it('gives a token that names a user only that user', async () => {
    const { get, recommended } = await startWhole({ authenticator: ofUser('me') });
    expect((await get(`${base}/recommendations/me`, GOOD)).status).toBe(200);
    expect(recommended).toMatchObject([{ tenant: 'acme', userId: 'me' }]);
    for (const path of ['you', 'Me', 'me%20', 'you/similar/t'])
      expect((await get(`${base}/recommendations/${path}`, GOOD)).json).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    const old = await get(`${base}/recommendations/me`, { authorization: 'Bearer old' });
    expect(old.json).toMatchObject({ status: 401, code: 'token_expired' });
    expect(recommended).toHaveLength(1);
  });

  it('says when to come back where nobody can answer', async () => {
    const { get } = await startWhole({ recommend: () => Promise.reject(new Error('secret detail')) });
    const reply = await get(`${base}/recommendations/u`);
    expect(reply.json).toMatchObject({ status: 503, code: 'unavailable' });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(reply.text).not.toContain('secret');
  });

  it('answers HEAD and OPTIONS, and names its methods', async () => {
    const { get, post } = await startWhole();
    const path = `${base}/recommendations/u`;
    const head = await get(path, {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers.get('content-length')).toBe(String((await get(path)).text.length));
    const options = await get(path, {}, 'OPTIONS');
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(await post(path, {})).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
  });

  it('is open to the pages that are allowed, and to no other', async () => {
    const origin = 'https://app.example.com';
    const { get, recommended } = await startWhole({ env: { GAPLESS_ALLOWED_ORIGINS: origin } });
    const path = `${base}/recommendations/u`;
    const asked = await get(path, { origin });
    expect(asked.headers.get('access-control-allow-origin')).toBe(origin);
    const preflight = await get(path, { origin, 'access-control-request-method': 'GET' }, 'OPTIONS');
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const stranger = await get(path, { origin: 'https://evil.example.com' });
    expect(stranger.json).toMatchObject({ status: 403, code: 'forbidden_origin' });
    expect(stranger.headers.has('access-control-allow-origin')).toBe(false);
    expect(recommended).toHaveLength(1);
  });
});

describe('POST /v1/recommendations/batch', () => {
  const path = `${base}/recommendations/batch`;

  it('answers each request in its place', async () => {
    const { post, recommended } = await startWhole();
    const filters = { artist: ['A'], seen: 'allow' };
    const requests = [
      { user_id: 'a' },
      { user_id: 'b', count: 2, model: 'popularity', request_id: 'q', filters, context: { device: 'tv' } },
      { user_id: 'a', similar_to: 't' },
    ];
    const reply = await post(path, { requests });
    expect(reply.status).toBe(200);
    expect(recommended).toEqual([
      { tenant: 'default', userId: 'a', count: 20, model: 'blend' },
      {
        ...{ tenant: 'default', userId: 'b', count: 2, model: 'popularity', requestId: 'q', filters },
        context: { device: 'tv' },
      },
      { tenant: 'default', userId: 'a', count: 20, model: 'blend', similarTo: 't' },
    ]);
    expect(reply.json).toEqual({ results: recommended.map((request) => ({ list: listFor(request) })) });
  });

  it('has an error in the place of a list that there is not; without any there is none', async () => {
    const { post } = await startWhole({
      recommend: (request) =>
        request.userId === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve(listFor(request)),
    });
    const some = await post(path, { requests: [{ user_id: 'bad' }, { user_id: 'good' }] });
    expect(some.json.results).toMatchObject([{ error: { code: 'unavailable' } }, { list: { user_id: 'good' } }]);
    const none = await post(path, { requests: [{ user_id: 'bad' }, { user_id: 'bad' }] });
    expect(none.json).toMatchObject({ status: 503, code: 'unavailable' });
    expect(none.headers.has('retry-after')).toBe(true);
  });

  it('gives a token that names a user only that user', async () => {
    const { post, recommended } = await startWhole({ authenticator: ofUser('me') });
    const reply = await post(path, { requests: [{ user_id: 'me' }, { user_id: 'you' }] }, GOOD);
    expect(reply.json.results).toMatchObject([{ list: { user_id: 'me' } }, { error: { code: 'forbidden' } }]);
    expect(recommended).toHaveLength(1);
  });

  it('refuses what is not sound, and says where', async () => {
    const { post } = await startWhole();
    const cases: [object, string][] = [
      [{ requests: [] }, 'requests'],
      [{ requests: Array.from({ length: 101 }, () => ({ user_id: 'u' })) }, 'requests'],
      [{ requests: [{ user_id: 'u' }, {}] }, 'requests.1.user_id'],
      [{ requests: [{ user_id: 'u', filters: { artists: [] } }] }, 'requests.0.filters.artists'],
      [{ user_ids: ['u'] }, 'requests'],
    ];
    for (const [body, where] of cases)
      expect((await post(path, body)).json).toMatchObject({ status: 400, code: 'invalid_body', path: where });
  });

  it('takes JSON, of a bounded size, and no parameters', async () => {
    const { post } = await startWhole();
    const body = { requests: [{ user_id: 'u' }] };
    expect((await post(path, body, { 'content-type': 'text/plain' })).json.code).toBe('unsupported_media_type');
    expect((await post(path, 'not json')).json.code).toBe('invalid_body');
    expect((await post(path, `${' '.repeat(300_000)}{}`)).json.code).toBe('too_large');
    expect((await post(`${path}?count=3`, body)).json).toMatchObject({ code: 'invalid_parameter', parameter: 'count' });
  });
});

it('counts requests under the pattern of their route, never under what a client wrote', async () => {
  const { get, world } = await startWhole();
  for (const path of ['/recommendations/secret-user', '/v1/recommendations/secret-user/similar/secret-track'])
    await get(path);
  const text = await world.metrics.text();
  expect(text).toContain('route="/recommendations/{user_id}",status="2xx"');
  expect(text).toContain('route="/v1/recommendations/{user_id}/similar/{track_id}",status="2xx"');
  expect(text).not.toContain('secret');
});
