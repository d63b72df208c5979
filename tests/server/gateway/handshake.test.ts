import { describe, expect, it } from 'vitest';
import { createOriginCheck } from '../../../server/gateway/origins.ts';
import { connect, exchange, KEY, start, upgradeText } from './harness.ts';

const HOSTILE = 'zq-hostile-text-zq';

async function refusal(text: string, setup = {}) {
  const { port, seen, metrics } = await start(setup);
  const reply = await exchange(port, text);
  expect(seen).toHaveLength(0);
  expect(reply?.text ?? '').not.toContain(HOSTILE);
  return { reply, metrics };
}

describe('what becomes a WebSocket', () => {
  it('takes a proper upgrade and says which subprotocol', async () => {
    const { port, seen } = await start();
    const reply = await exchange(port, upgradeText({ 'User-Agent': 'player/1' }), { head: true });
    expect(reply?.status).toBe(101);
    expect(reply?.headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(reply?.headers.get('sec-websocket-protocol')).toBe('gapless.v1.msgpack');
    expect(reply?.headers.has('sec-websocket-extensions')).toBe(false);
    expect(seen[0]?.socket).toMatchObject({ subprotocol: 'gapless.v1.msgpack', userAgent: 'player/1' });
  });

  it('takes the first subprotocol it knows, in the order of the client', async () => {
    const { url } = await start();
    expect((await connect(url, ['other', 'gapless.v1.json', 'gapless.v1.msgpack'])).protocol).toBe('gapless.v1.json');
    expect((await connect(url, ['gapless.v1.msgpack', 'gapless.v1.json'])).protocol).toBe('gapless.v1.msgpack');
  });

  it('reads subprotocols from several headers', async () => {
    const { port } = await start();
    const text = upgradeText({ 'Sec-WebSocket-Protocol': ['other', 'gapless.v1.json'] });
    expect((await exchange(port, text, { head: true }))?.headers.get('sec-websocket-protocol')).toBe('gapless.v1.json');
  });

  it('does not agree to compression', async () => {
    const { port } = await start();
    const text = upgradeText({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' });
    const reply = await exchange(port, text, { head: true });
    expect(reply?.status).toBe(101);
    expect(reply?.headers.has('sec-websocket-extensions')).toBe(false);
  });

  it('reads Upgrade and Connection as lists of words', async () => {
    const { port } = await start();
    const reply = await exchange(port, upgradeText({ Upgrade: 'WebSocket', Connection: 'keep-alive, upgrade' }), {
      head: true,
    });
    expect(reply?.status).toBe(101);
  });
});

describe('what is refused before it becomes one', () => {
  it.each([
    ['no key', { 'Sec-WebSocket-Key': undefined }],
    ['a short key', { 'Sec-WebSocket-Key': 'dGhl' }],
    ['a key that is not base64', { 'Sec-WebSocket-Key': `${'!'.repeat(22)}==` }],
    ['a key of 18 bytes', { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZSEh' }],
    ['two keys', { 'Sec-WebSocket-Key': [KEY, 'AAAAAAAAAAAAAAAAAAAAAA=='] }],
    ['two hosts', { Host: ['127.0.0.1', 'evil.example'] }],
  ])('%s: 400', async (_, headers) => {
    const { reply } = await refusal(upgradeText(headers));
    expect(reply?.status).toBe(400);
    expect(JSON.parse(reply!.body).code).toBe('bad_request');
  });

  it('an old version: 426 with the one that is spoken', async () => {
    const { reply } = await refusal(upgradeText({ 'Sec-WebSocket-Version': '8' }));
    expect(reply?.status).toBe(426);
    expect(reply?.headers.get('sec-websocket-version')).toBe('13');
  });

  it.each([
    ['Upgrade', { Upgrade: undefined }],
    ['Connection', { Connection: undefined }],
    ['Upgrade: websocket', { Upgrade: HOSTILE }],
  ])('without %s: 426', async (_, headers) => {
    expect((await refusal(upgradeText(headers))).reply?.status).toBe(426);
  });

  it.each([
    ['none', undefined],
    ['an unknown one', HOSTILE],
    ['a hundred', Array.from({ length: 100 }, (_, i) => `${HOSTILE}${i}`).join(', ')],
    ['a known one in other letters', 'GAPLESS.V1.JSON'],
  ])('subprotocols, %s: 400 that names both and nothing else', async (_, offered) => {
    const { reply, metrics } = await refusal(upgradeText({ 'Sec-WebSocket-Protocol': offered }));
    expect(reply?.status).toBe(400);
    expect(reply?.body).toContain('gapless.v1.msgpack');
    expect(reply?.body).toContain('gapless.v1.json');
    expect(await metrics.text()).toContain('gapless_upgrades_refused_total{reason="subprotocol"} 1');
  });

  it.each(['?token=abc', '?a=b&access_token=abc', '?%74oken=abc', '?TOKEN=abc'])(
    'a token in the URL (%s): 400',
    async (query) => {
      const { reply } = await refusal(upgradeText({}, `/v1/stream${query}`));
      expect(reply?.status).toBe(400);
      expect(JSON.parse(reply!.body).code).toBe('token_in_url');
    },
  );

  it.each(['/v1/stream/', '/v1/strea', '/v1/stream/x', '/', '//v1/stream', '/v1%2Fstream', '/V1/STREAM'])(
    'another path (%s): 404',
    async (path) => {
      expect((await refusal(upgradeText({}, path))).reply?.status).toBe(404);
    },
  );

  it('another method: 405', async () => {
    const { reply } = await refusal(upgradeText({}, '/v1/stream', 'POST'));
    expect(reply?.status).toBe(405);
    expect(reply?.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  it('one connection too many: 503 with Retry-After, and room again once one has gone', async () => {
    const { port, url, seen } = await start({ maxConnections: 1 });
    const first = await connect(url);
    const reply = await exchange(port, upgradeText());
    expect(reply?.status).toBe(503);
    expect(reply?.headers.get('retry-after')).toBe('1');
    first.close();
    await expect.poll(() => seen[0]?.closed.length).toBe(1);
    await connect(url);
  });
});

describe('Origin', () => {
  const listed = { originAllowed: createOriginCheck(['https://app.example.com'], true) };
  const status = async (origin: string | undefined, setup = {}, host = '127.0.0.1') => {
    const { port } = await start(setup);
    return (await exchange(port, upgradeText({ Origin: origin, Host: host }), { head: true }))?.status;
  };

  it('is compared exactly with the list', async () => {
    expect(await status('https://app.example.com', listed)).toBe(101);
    for (const origin of [
      'https://app.example.com.evil.io',
      'https://evil.io/https://app.example.com',
      'http://app.example.com',
      'https://app.example.com:444',
      'https://APP.example.com',
      'null',
      '',
    ]) {
      expect(await status(origin, listed), origin).toBe(403);
    }
  });

  it('is not asked of clients that are no browsers', async () => {
    expect(await status(undefined, listed)).toBe(101);
  });

  it('may be the own host where there is no list', async () => {
    expect(await status('http://127.0.0.1:8080', {}, '127.0.0.1:8080')).toBe(101);
    expect(await status('http://localhost:8080', {}, 'localhost:8080')).toBe(101);
    expect(await status('http://127.0.0.1:9090', {}, '127.0.0.1:8080')).toBe(403);
    expect(await status('null')).toBe(403);
  });

  it('is no proof where a name may have been pointed here and no token is asked for', async () => {
    expect(await status('http://rebound.example', {}, 'rebound.example')).toBe(403);
    const withToken = { originAllowed: createOriginCheck([], true) };
    expect(await status('http://gapless.example', withToken, 'gapless.example')).toBe(101);
  });
});
