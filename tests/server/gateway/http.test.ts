import { describe, expect, it } from 'vitest';
import type { HttpReply } from '../../../server/gateway/http.ts';
import { createOriginCheck } from '../../../server/gateway/origins.ts';
import type { Route } from '../../../server/gateway/routing.ts';
import { eventually, exchange, parseReply, rawClient, type Setup, start } from './harness.ts';

const HOSTILE = 'zq-hostile-text-zq';
const CRLF = '\r\n';

function request(line: string, headers: Record<string, string | string[]> = {}, body = ''): string {
  const all = { Host: '127.0.0.1', ...headers };
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  return `${line} HTTP/1.1${CRLF}${lines.join(CRLF)}${CRLF}${CRLF}${body}`;
}
const post = (body: string, headers: Record<string, string | string[]> = {}, path = '/echo') =>
  request(`POST ${path}`, { 'Content-Length': String(body.length), ...headers }, body);

/** `/hello` answers at once, `/echo` with the body, `/held` when the test says so. */
async function startRoutes(setup: Setup = {}) {
  const held: { body: string; answer: (reply: HttpReply) => void }[] = [];
  const hello: string[] = [];
  const routes: Route[] = [
    {
      method: 'GET',
      path: '/hello',
      handle: ({ headers }) => {
        hello.push(headers.get('x-mark') ?? '');
        return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'hello' };
      },
    },
    { method: 'POST', path: '/echo', bodyLimit: 10_000, handle: async (_, body) => ({ status: 200, body }) },
    {
      method: 'POST',
      path: '/held',
      bodyLimit: 10_000,
      handle: (_, body) => new Promise((answer) => held.push({ body: Buffer.from(body).toString(), answer })),
    },
    {
      method: 'POST',
      path: '/admitted',
      bodyLimit: 10_000,
      admit: ({ headers }) => (headers.has('x-pass') ? null : { status: 401 }),
      handle: () => ({ status: 204 }),
    },
    {
      method: 'GET',
      path: '/throws',
      handle: () => {
        throw new Error('secret detail');
      },
    },
    { method: 'GET', path: '/rejects', handle: () => Promise.reject(new Error('secret detail')) },
    {
      method: 'POST',
      path: '/throws-early',
      bodyLimit: 10,
      admit: () => {
        throw new Error('secret detail');
      },
      handle: () => ({ status: 204 }),
    },
  ];
  return { ...(await start({ routes, ...setup })), held, hello };
}
const code = (reply: { body: string } | null) => JSON.parse(reply!.body).code as string;

describe('routing', () => {
  it('answers, and HEAD without the body', async () => {
    const { port } = await startRoutes();
    const get = await exchange(port, request('GET /hello'));
    expect(get).toMatchObject({ status: 200, body: 'hello' });
    expect(get?.headers.get('cache-control')).toBe('no-store');
    expect(get?.text).not.toMatch(/websockets/i);
    const head = await exchange(port, request('HEAD /hello'), { head: true });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head?.headers.get('content-length')).toBe('5');
  });

  it.each([
    ['GET', '/none'],
    ['GET', `/${HOSTILE}`],
    ['GET', '/hello/'],
    ['GET', '/../../etc/passwd'],
    ['GET', '/%2e%2e/%2e%2e/etc/passwd'],
    ['GET', '/hello%00'],
    ['GET', '/constructor'],
    ['POST', '/none'],
    ['DELETE', '/none'],
  ])('%s %s is 404 and repeats nothing', async (method, path) => {
    const { port } = await startRoutes();
    const reply = await exchange(port, request(`${method} ${path}`));
    expect(reply?.status).toBe(404);
    expect(reply?.headers.get('content-type')).toBe('application/problem+json');
    expect(code(reply)).toBe('not_found');
    expect(reply?.text).not.toContain(HOSTILE);
    expect(reply?.text).not.toContain('passwd');
  });

  it('says which methods there are', async () => {
    const { port } = await startRoutes();
    const reply = await exchange(port, request('DELETE /hello'));
    expect(reply?.status).toBe(405);
    expect(reply?.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect(code(reply)).toBe('method_not_allowed');
    const options = await exchange(port, request('OPTIONS /echo'));
    expect(options?.status).toBe(204);
    expect(options?.headers.get('allow')).toBe('POST, OPTIONS');
  });

  it.each(['TRACE', 'CONNECT', 'ABCDEFGHIJKLMNOPQRSTUV'])('has no words for %s', async (method) => {
    const { port } = await startRoutes();
    const reply = await exchange(port, request(`${method} /hello`, { 'X-Mark': HOSTILE }));
    expect(reply).toMatchObject({ status: 405, body: '' });
    expect(reply?.text).not.toContain(HOSTILE);
    expect(reply?.text).not.toContain('ABCDEF');
  });

  it('does not take a token in the URL', async () => {
    const { port } = await startRoutes();
    expect(code(await exchange(port, request('GET /hello?access_token=x')))).toBe('token_in_url');
    expect((await exchange(port, request('GET /hello?tokens=x')))?.status).toBe(200);
  });

  it('counts answers by route, never by what was asked for', async () => {
    const { port, metrics } = await startRoutes();
    await exchange(port, request('GET /hello'));
    await exchange(port, request(`GET /${HOSTILE}`));
    const text = await metrics.text();
    expect(text).toContain('gapless_http_requests_total{route="/hello",status="2xx"} 1');
    expect(text).toContain('gapless_http_requests_total{route="unknown",status="4xx"} 1');
    expect(text).not.toContain(HOSTILE);
  });
});

describe('requests that two readers could read differently', () => {
  const smuggled = request('GET /hello', { 'X-Mark': 'smuggled' });
  it.each([
    ['two lengths', post('', { 'Content-Length': ['0', String(smuggled.length)] })],
    ['two equal lengths', post('', { 'Content-Length': ['0', '0'] })],
    ['a chunked that is none', request('POST /echo', { 'Transfer-Encoding': 'xchunked' }, `0${CRLF}${CRLF}`)],
    ['an encoding before chunked', request('POST /echo', { 'Transfer-Encoding': 'gzip, chunked' }, `0${CRLF}${CRLF}`)],
    ['two hosts', request('GET /hello', { Host: ['127.0.0.1', 'evil.example'] })],
    ['an empty host', request('GET /hello', { Host: '' })],
    ['two tokens', request('GET /hello', { Authorization: ['Bearer a', 'Bearer b'] })],
  ])('%s: 400, the connection ends, nothing behind it is served', async (_, text) => {
    const { port, hello } = await startRoutes();
    const reply = await exchange(port, text);
    expect(reply?.status).toBe(400);
    expect(reply?.headers.get('connection')).toBe('close');

    const packed = rawClient(port);
    packed.write(text + smuggled);
    await packed.ended;
    const apart = rawClient(port);
    apart.write(text);
    await eventually(() => expect(parseReply(apart.received())?.status).toBe(400));
    apart.write(smuggled);
    await apart.ended;
    expect(hello).toEqual([]);
  });

  it.each([
    [
      'both length and encoding',
      request('POST /echo', { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }, `0${CRLF}${CRLF}`),
    ],
    ['a negative length', post('', { 'Content-Length': '-1' })],
    ['a length with a sign', post('hello', { 'Content-Length': '+5' })],
    ['a length with letters', post('hello', { 'Content-Length': '5abc' })],
    ['a huge length', post('', { 'Content-Length': '10000000000000000000000' })],
    [
      'a chunk size that overflows',
      request('POST /echo', { 'Transfer-Encoding': 'chunked' }, `FFFFFFFFFFFFFFFF${CRLF}x`),
    ],
    ['a chunk size that is none', request('POST /echo', { 'Transfer-Encoding': 'chunked' }, `ZZ${CRLF}x`)],
    ['a header of 5 KB', request('GET /hello', { 'X-Long': 'x'.repeat(5000) })],
    ['120 headers', request('GET /hello', Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`X-${i}`, '1'])))],
    ['HTTP/1.0', 'GET /hello HTTP/1.0\r\nHost: x\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s: refused, and the server lives', async (_, text) => {
    const { port, hello } = await startRoutes();
    const client = rawClient(port);
    client.write(text);
    await client.ended;
    expect(client.received()).toMatch(/^(HTTP\/1.1 (400|413|431|505) |$)/);
    expect(hello).toEqual([]);
    expect((await exchange(port, request('GET /hello')))?.status).toBe(200);
  });
});

describe('bodies', () => {
  it('come whole, however they are cut', async () => {
    const { port } = await startRoutes();
    const body = `${'x'.repeat(3000)}end`;
    expect((await exchange(port, post(body)))?.body).toBe(body);

    const slow = rawClient(port);
    slow.write(post(body).slice(0, -body.length));
    for (let at = 0; at < body.length; at += 500) {
      slow.write(body.slice(at, at + 500));
      await new Promise(setImmediate);
    }
    await eventually(() => expect(parseReply(slow.received())?.body).toBe(body));

    const chunks = `5${CRLF}hello${CRLF}6${CRLF} world${CRLF}0${CRLF}${CRLF}`;
    expect((await exchange(port, request('POST /echo', { 'Transfer-Encoding': 'chunked' }, chunks)))?.body).toBe(
      'hello world',
    );
    expect((await exchange(port, request('POST /echo')))?.body).toBe('');
  });

  it('may be as large as the limit and no larger, whether they say so or not', async () => {
    const { port } = await startRoutes();
    expect((await exchange(port, post('x'.repeat(10_000))))?.status).toBe(200);
    const said = await exchange(port, post('', { 'Content-Length': '10001' }));
    expect(said?.status).toBe(413);
    expect(JSON.parse(said!.body)).toMatchObject({ code: 'too_large', limit: 10_000 });
    expect(said?.headers.get('connection')).toBe('close');

    const chunk = `1000${CRLF}${'x'.repeat(4096)}${CRLF}`;
    const unsaid = await exchange(port, request('POST /echo', { 'Transfer-Encoding': 'chunked' }, chunk.repeat(3)));
    expect(code(unsaid)).toBe('too_large');
  });

  it('must come in time', async () => {
    const { port } = await startRoutes({ bodyTimeoutMs: 30 });
    const reply = await exchange(port, post('', { 'Content-Length': '10' }));
    expect(reply?.status).toBe(408);
    expect(reply?.headers.get('connection')).toBe('close');
    expect((await exchange(port, post('in time')))?.body).toBe('in time');
  });

  it('are not read where the request is refused for its head', async () => {
    const { port } = await startRoutes();
    const reply = await exchange(port, post('', { 'Content-Length': '9000' }, '/admitted'));
    expect(reply?.status).toBe(401);
    expect(reply?.headers.get('connection')).toBe('close');
    expect((await exchange(port, post('x', { 'X-Pass': '1' }, '/admitted')))?.status).toBe(204);
  });

  it('share one budget: 429 beyond it, and room again when one is answered or given up', async () => {
    const { port, held } = await startRoutes({ bodyBudgetBytes: 5000 });
    const first = rawClient(port);
    first.write(post('a'.repeat(3000), {}, '/held'));
    const second = rawClient(port);
    second.write(post('', { 'Content-Length': '2500' }, '/held') + 'b'.repeat(1500));
    await eventually(() => expect(held).toHaveLength(1));
    const refused = await exchange(port, post('c'.repeat(1000)));
    expect(refused?.status).toBe(429);
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect(code(refused)).toBe('overloaded');

    second.socket.destroy();
    await eventually(async () => expect((await exchange(port, post('c'.repeat(1000))))?.status).toBe(200));
    held[0]!.answer({ status: 204 });
    await eventually(async () => expect((await exchange(port, post('c'.repeat(4500))))?.status).toBe(200));
  });
});

describe('clients that go away', () => {
  it('while they send, while they are served, and after', async () => {
    const { port, held, metrics } = await startRoutes();
    for (let i = 0; i < 20; i++) {
      const client = rawClient(port);
      client.write(`${post('', { 'Content-Length': '100' }, '/held')}partial`);
      client.socket.destroy();
    }
    const served = rawClient(port);
    served.write(post('whole', {}, '/held'));
    await eventually(() => expect(held).toHaveLength(1));
    served.socket.resetAndDestroy();
    await served.ended;
    expect((await exchange(port, request('GET /hello')))?.status).toBe(200);
    held[0]!.answer({ status: 200, body: 'too late' });
    expect((await exchange(port, request('GET /hello')))?.status).toBe(200);
    expect(await metrics.text()).toContain('gapless_handler_errors_total 0');
  });

  it('may not ask for a second thing while the first is open', async () => {
    const { port, held, hello } = await startRoutes();
    const client = rawClient(port);
    client.write(post('first', {}, '/held') + request('GET /hello'));
    await client.ended;
    expect(hello).toEqual([]);
    held[0]?.answer({ status: 204 });
    expect((await exchange(port, request('GET /hello')))?.status).toBe(200);
  });
});

describe('handlers that fail', () => {
  it.each(['GET /throws', 'GET /rejects', 'POST /throws-early'])('%s: 500 without a word of why', async (line) => {
    const { port, metrics } = await startRoutes();
    const reply = await exchange(port, request(line));
    expect(reply?.status).toBe(500);
    expect(code(reply)).toBe('internal');
    expect(reply?.text).not.toContain('secret');
    expect(await metrics.text()).toContain('gapless_handler_errors_total 1');
    expect((await exchange(port, request('GET /hello')))?.status).toBe(200);
  });
});

describe('other origins', () => {
  const listed = { originAllowed: createOriginCheck(['https://app.example.com'], true) };
  it('are refused unless they are in the list', async () => {
    const { port, hello } = await startRoutes(listed);
    for (const origin of ['https://evil.example', 'https://app.example.com.evil.io', 'null']) {
      const reply = await exchange(port, request('GET /hello', { Origin: origin }));
      expect(reply?.status, origin).toBe(403);
      expect(reply?.headers.has('access-control-allow-origin')).toBe(false);
    }
    expect(hello).toHaveLength(0);
    const reply = await exchange(port, request('GET /hello', { Origin: 'https://app.example.com' }));
    expect(reply?.status).toBe(200);
    expect(reply?.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(reply?.headers.get('vary')).toBe('Origin');
  });

  it('get errors that they can read', async () => {
    const { port } = await startRoutes(listed);
    const reply = await exchange(port, post('x', { Origin: 'https://app.example.com' }, '/admitted'));
    expect(reply?.status).toBe(401);
    expect(reply?.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    // Otherwise a page does not see when it should come back.
    expect(reply?.headers.get('access-control-expose-headers')).toBe('retry-after');
  });

  it('may ask first', async () => {
    const { port } = await startRoutes(listed);
    const preflight = (origin: string, path = '/echo') =>
      exchange(port, request(`OPTIONS ${path}`, { Origin: origin, 'Access-Control-Request-Method': 'POST' }));
    const reply = await preflight('https://app.example.com');
    expect(reply?.status).toBe(204);
    expect(reply?.headers.get('access-control-allow-methods')).toBe('POST, OPTIONS');
    expect(reply?.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
    expect(reply?.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect((await preflight('https://evil.example'))?.status).toBe(403);
    expect((await preflight('https://app.example.com', '/none'))?.status).toBe(404);
  });
});

describe('going down', () => {
  it('answers what is being handled, and ends every connection after its answer', async () => {
    const { port, held, transport } = await startRoutes({ closeTimeoutMs: 20_000 });
    const client = rawClient(port);
    client.write(post('slow', {}, '/held'));
    await eventually(() => expect(held).toHaveLength(1));
    const closing = transport.close();
    held[0]!.answer({ status: 200, body: 'settled' });
    await closing;
    await client.ended;
    const reply = parseReply(client.received());
    expect(reply).toMatchObject({ status: 200, body: 'settled' });
    expect(reply?.headers.get('connection')).toBe('close');
  });

  it('does not wait for ever', async () => {
    const { port, held, transport } = await startRoutes({ closeTimeoutMs: 20 });
    const client = rawClient(port);
    client.write(post('never', {}, '/held'));
    await eventually(() => expect(held).toHaveLength(1));
    await transport.close();
    await client.ended;
    expect(client.received()).toBe('');
    held[0]!.answer({ status: 204 });
  });
});
