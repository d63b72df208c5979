import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createOriginCheck } from '../../../../server/gateway/origins.ts';
import { sdkRoutes } from '../../../../server/gateway/routes/sdk.ts';
import { start } from '../harness.ts';
import { ask } from './ask.ts';

const BUNDLE = readFileSync('dist/browser/gapless.js');
const APP = 'https://app.example';

async function site(allowedOrigins: string[] = []) {
  const { port } = await start({ routes: sdkRoutes(), originAllowed: createOriginCheck(allowedOrigins, false) });
  return (headers = {}, method = 'GET', path = '/gapless.js') => ask(port, path, headers, method);
}

it('serves the built module, whole and compressed, under a name that stays', async () => {
  const get = await site();
  const plain = await get();
  expect([plain.status, plain.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
  expect(plain.body.equals(BUNDLE)).toBe(true);
  expect((await get({}, 'GET', '/v1/gapless.js')).body.equals(BUNDLE)).toBe(true);
  const gzip = await get({ 'accept-encoding': 'gzip' });
  expect([gzip.headers['content-encoding'], gunzipSync(gzip.body).equals(BUNDLE)]).toEqual(['gzip', true]);
  const br = await get({ 'accept-encoding': 'gzip, br' });
  expect([br.headers['content-encoding'], brotliDecompressSync(br.body).equals(BUNDLE)]).toEqual(['br', true]);
  expect(br.body.length).toBeLessThan(20_000);
});

it('is asked for each time, which costs a 304', async () => {
  const get = await site();
  const { headers } = await get({ 'accept-encoding': 'br' });
  expect(headers['cache-control']).toBe('no-cache');
  const again = await get({ 'accept-encoding': 'br', 'if-none-match': headers.etag! });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect((await get({ 'accept-encoding': 'br' }, 'HEAD')).headers.etag).toBe(headers.etag);
});

it('is for pages of allowed origins, and for them only', async () => {
  const get = await site([APP]);
  const { status, headers } = await get({ origin: APP });
  expect([status, headers['access-control-allow-origin'], headers['cross-origin-resource-policy']]).toEqual([
    200,
    APP,
    'cross-origin',
  ]);
  expect(headers.vary).toContain('Origin');
  const refused = await get({ origin: 'https://other.example' });
  expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([403, undefined]);
});

it('is not there without a build', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-sdk-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  expect(sdkRoutes(folder)).toEqual([]);
});
