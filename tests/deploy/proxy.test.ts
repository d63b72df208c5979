/** The proxy of `deploy/`, as it is, in front of a real server. Skipped with the reason where HAProxy is missing. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { play } from '../helpers/ingest-world.ts';
import { freePort, until } from '../helpers/redis-server.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { WireClient } from '../helpers/wire-client.ts';

const FILE = 'deploy/haproxy.cfg';
const TOKEN = 'a-token-that-is-long-enough';
const found = spawnSync('haproxy', ['-v'], { encoding: 'utf8' });
const missing = found.error
  ? `haproxy cannot be started (${found.error.message}); it is in Debian's package haproxy`
  : '';

if (missing !== '') {
  test('needs haproxy', (context) => {
    console.warn(`skipped: the proxy of deploy/: ${missing}`);
    context.skip(missing);
  });
}

describe.skipIf(missing !== '')('the proxy of deploy/', () => {
  let server: TestServer;
  let proxy: ChildProcess;
  let port = 0;

  const environment = () => ({
    ...process.env,
    PROXY_ADDRESS: `127.0.0.1:${port}`,
    GATEWAY_ADDRESS: new URL(server.url).host,
    // Nobody is asked: the address is given as numbers.
    RESOLVER_ADDRESS: '127.0.0.1:9',
  });

  beforeAll(async () => {
    server = await startTestServer({ GAPLESS_TOKEN: TOKEN, ENABLE_REALTIME_PROCESSING: 'false' });
    port = await freePort();
    proxy = spawn('haproxy', ['-f', FILE, '-db'], { env: environment(), stdio: 'ignore' });
    const ended = once(proxy, 'exit').then(([code]) => Promise.reject(new Error(`haproxy ended with ${code}`)));
    const answers = () => fetch(`http://127.0.0.1:${port}/v1/nothing`).then(({ status }) => status !== 503);
    await Promise.race([until(() => answers().catch(() => false)), ended]);
    ended.catch(() => undefined);
  });
  afterAll(async () => {
    proxy?.kill('SIGKILL');
    await server.stop();
  });

  /** Sends these pieces, each as a packet of its own, and resolves with all that comes until the other side closes. */
  async function raw(...pieces: string[]): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
    });
    const gone = once(socket, 'close');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    for (const piece of pieces) {
      await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
      await new Promise(setImmediate);
    }
    await gone;
    return answer;
  }
  const statusOf = (answer: string) => Number(answer.split(' ')[1]);
  const post = (headers: string[], body: string) =>
    `POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer ${TOKEN}\r\n${headers.join('')}\r\n${body}`;

  it('is a configuration without a warning', () => {
    const checked = spawnSync('haproxy', ['-c', '-f', FILE], { env: environment(), encoding: 'utf8' });
    expect(checked.stdout + checked.stderr).not.toMatch(/warning|alert/i);
    expect(checked.status).toBe(0);
  });

  it('lets a WebSocket through, both ways', async () => {
    const { client } = await WireClient.open(`ws://127.0.0.1:${port}`, { token: TOKEN, producer: 'through-proxy' });
    client.publish(1, [play('proxy-user', 'a', { timestamp: Date.now() })]);
    await client.acknowledged(1);
    client.close();
    await client.untilClosed();
  });

  it('takes a request whose first line comes in pieces', async () => {
    const body = JSON.stringify({ events: [play('proxy-user', 'b', { timestamp: Date.now() })] });
    const whole = post([`Content-Length: ${body.length}\r\n`], body);
    const answer = await raw(whole.slice(0, 4), whole.slice(4, 21), whole.slice(21, 26), whole.slice(26));
    expect(answer).toContain('"accepted":1');
  });

  const SMUGGLED = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  it.each([
    ['two lengths', post(['Content-Length: 2\r\n', `Content-Length: ${SMUGGLED.length}\r\n`], SMUGGLED)],
    ['a length that is no number', post(['Content-Length: 2a\r\n'], '{}')],
    ['an unknown transfer coding', post(['Transfer-Encoding: xchunked\r\n'], '0\r\n\r\n')],
    ['two transfer codings', post(['Transfer-Encoding: gzip, chunked\r\n'], '0\r\n\r\n')],
    ['a folded header', post(['X-Folded: a\r\n b\r\n', 'Content-Length: 2\r\n'], '{}')],
    ['a space before the colon', post(['Content-Length : 2\r\n'], '{}')],
    ['two hosts', post(['Host: elsewhere\r\n', 'Content-Length: 2\r\n'], '{}')],
    ['no host', 'GET /v1/events HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['HTTP/2 by its preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('refuses %s', async (_, request) => {
    const answer = await raw(request);
    // 422 is what HAProxy says to transfer codings.
    expect([400, 422, 501]).toContain(statusOf(answer));
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('passes a chunked body on without the length that contradicts it', async () => {
    const body = JSON.stringify({ events: [play('proxy-user', 'c', { timestamp: Date.now() })] });
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const answer = await raw(post(['Transfer-Encoding: chunked\r\n', 'Content-Length: 3\r\n'], chunked));
    if (statusOf(answer) === 200) expect(answer).toContain('"accepted":1');
    else expect(statusOf(answer)).toBe(400);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it.each(['/metrics', '/health', '/'])('keeps %s inside', async (path) => {
    expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(404);
  });

  it('refuses methods that the API does not have', async () => {
    expect(statusOf(await raw('TRACE /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'))).toBe(405);
  });
});
