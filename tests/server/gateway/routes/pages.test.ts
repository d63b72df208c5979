import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { pageRoutes } from '../../../../server/gateway/routes/pages.ts';
import { start } from '../harness.ts';
import { ask } from './ask.ts';

const SCRIPT = 'console.log("the dashboard");'.repeat(20);
const SCRIPT_PATH = '/assets/dashboard-a1b2c3d4.js';

async function site() {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-pages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const write = (name: string, content: string) => {
    mkdirSync(join(folder, 'built', name, '..'), { recursive: true });
    writeFileSync(join(folder, 'built', name), content);
    writeFileSync(join(folder, 'built', `${name}.gz`), gzipSync(content));
    writeFileSync(join(folder, 'built', `${name}.br`), brotliCompressSync(content));
  };
  write('dashboard/index.html', '<!doctype html><title>dashboard</title>');
  write('player/index.html', '<!doctype html><title>player</title>');
  write(SCRIPT_PATH.slice(1), SCRIPT);
  writeFileSync(join(folder, 'built', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'built', 'assets', 'notes.map'), 'not for everybody');
  writeFileSync(join(folder, 'secret.js'), 'secret');
  const { port } = await start({ routes: pageRoutes(join(folder, 'built')) });
  return { folder, port, get: (path: string, headers = {}, method = 'GET') => ask(port, path, headers, method) };
}

it('serves the pages under their names, to be asked for each time', async () => {
  const { get } = await site();
  for (const [path, title] of [
    ['/', 'dashboard'],
    ['/player', 'player'],
  ] as const) {
    const { status, headers, body } = await get(path);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect(body.toString()).toContain(title);
  }
});

it('serves what has a hash in its name for good', async () => {
  const { get } = await site();
  const { status, headers, body } = await get(SCRIPT_PATH);
  expect([status, headers['content-type'], body.toString()]).toEqual([200, 'text/javascript; charset=utf-8', SCRIPT]);
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

it('sends the smallest representation that the client takes', async () => {
  const { get } = await site();
  const br = await get(SCRIPT_PATH, { 'accept-encoding': 'gzip, deflate, br' });
  expect(br.headers['content-encoding']).toBe('br');
  expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
  const gzip = await get(SCRIPT_PATH, { 'accept-encoding': 'gzip' });
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(gzip.body).toString()).toBe(SCRIPT);
  const plain = await get(SCRIPT_PATH);
  expect(plain.headers['content-encoding']).toBeUndefined();
  for (const { headers } of [br, gzip, plain]) expect(headers.vary).toContain('Accept-Encoding');
  expect(new Set([br, gzip, plain].map(({ headers }) => headers.etag)).size).toBe(3);
  expect((await get('/favicon.svg', { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
});

it('answers 304 without a body where the client has it already', async () => {
  const { get } = await site();
  const first = await get('/', { 'accept-encoding': 'br' });
  const again = await get('/', { 'accept-encoding': 'br', 'if-none-match': first.headers.etag! });
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, first.headers.etag]);
  expect(again.headers['content-length']).toBeUndefined();
  expect(again.headers['cache-control']).toBe('no-cache');
  expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
});

it('answers HEAD with the same headers and no body', async () => {
  const { get } = await site();
  const asked = { 'accept-encoding': 'br' };
  const [full, head] = [await get(SCRIPT_PATH, asked), await get(SCRIPT_PATH, asked, 'HEAD')];
  expect([head.status, head.body.length]).toEqual([200, 0]);
  expect({ ...head.headers, date: '' }).toEqual({ ...full.headers, date: '' });
});

it('allows scripts and connections of its own only, and nobody to frame it', async () => {
  const { get } = await site();
  const policy = (await get('/')).headers['content-security-policy'] as string;
  const directives = Object.fromEntries(policy.split('; ').map((one) => [one.split(' ')[0], one]));
  expect(directives['default-src']).toBe("default-src 'none'");
  expect(directives['script-src']).toBe("script-src 'self'");
  expect(directives['style-src']).toBe("style-src 'self'");
  expect(directives['connect-src']).toBe("connect-src 'self'");
  expect(directives['frame-ancestors']).toBe("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
  expect((await get('/')).headers['x-content-type-options']).toBe('nosniff');
});

it.each([
  '/../secret.js',
  '/assets/../../secret.js',
  '/assets/..%2f..%2fsecret.js',
  '/assets/%2e%2e/%2e%2e/secret.js',
  '/assets/..\\..\\secret.js',
  '/assets/notes.map',
  '/assets/dashboard-a1b2c3d4.js.br',
  '/assets/dashboard-a1b2c3d4.js/',
  '/assets/',
  '/dashboard/index.html',
  '/assets/constructor',
  '//secret.js',
])('has nothing at %s', async (path) => {
  const { get } = await site();
  const { status, body } = await get(path);
  expect(status).toBe(404);
  expect(body.toString()).not.toContain('secret.js');
});

it('reads no file after the start', async () => {
  const { folder, get } = await site();
  rmSync(join(folder, 'built'), { recursive: true });
  expect((await get('/')).status).toBe(200);
  expect((await get(SCRIPT_PATH)).body.toString()).toBe(SCRIPT);
});

it('takes no other method', async () => {
  const { get } = await site();
  const { status, headers } = await get('/', {}, 'POST');
  expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
});

it('says so where the pages are not built', async () => {
  const { port } = await start({ routes: pageRoutes(join(tmpdir(), 'gapless-no-such-folder')) });
  const { status, body } = await ask(port, '/');
  expect([status, body.toString()]).toEqual([503, 'The pages are not built. Run: npm run build\n']);
});
