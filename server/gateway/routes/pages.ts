/**
 * The pages: `GET /` (the dashboard), `GET /<page>`, and what they load. `npm run build` makes the files. Names below `/assets/` hold a hash
 * of what is in them, so browsers keep those for good and ask for the pages again each time, which mostly costs a 304.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Asset, loadAssets } from '../assets.ts';
import { CODINGS, chooseCoding, isKnown } from '../content-coding.ts';
import type { HttpReply, HttpRequest } from '../http.ts';
import { problem } from '../problem.ts';
import type { Route } from '../routing.ts';

const START = 'dashboard';
const HASHED = 'assets/';
const FOR_GOOD = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';
const NOT_BUILT = 'The pages are not built. Run: npm run build\n';

/** `'self'` covers the WebSocket of the same host. Styles are set by scripts through the object model, which needs no `unsafe-inline`. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const ALWAYS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  vary: 'Accept-Encoding, Origin',
};

/** Reads the files; afterwards nothing is read any more. */
export function pageRoutes(folder = builtPages()): Route[] {
  const assets = loadAssets(folder);
  const hashed = new Map<string, Asset>();
  const routes: Route[] = [];
  for (const [path, asset] of assets) {
    if (path.startsWith(HASHED)) hashed.set(path.slice(HASHED.length), asset);
    else routes.push({ method: 'GET', path: pathOf(path), handle: (request) => reply(request, asset, ASK_EACH_TIME) });
  }
  if (!assets.has(`${START}/index.html`)) routes.push({ method: 'GET', path: '/', handle: () => notBuilt() });
  routes.push({
    method: 'GET',
    path: `/${HASHED}{file}`,
    handle(request, _, { file = '' }) {
      const asset = hashed.get(file);
      return asset ? reply(request, asset, FOR_GOOD) : problem('not_found');
    },
  });
  return routes;
}

/** `dashboard/index.html` is `/`, `player/index.html` is `/player`, another file is itself. */
function pathOf(file: string): string {
  const page = /^([^/]+)\/index\.html$/.exec(file)?.[1];
  if (page === undefined) return `/${file}`;
  return page === START ? '/' : `/${page}`;
}

function reply({ headers }: HttpRequest, { contentType, variants }: Asset, cacheControl: string): HttpReply {
  const there = CODINGS.filter((coding) => variants[coding]);
  const coding = chooseCoding(headers.get('accept-encoding'), there);
  const { body, etag } = variants[coding]!;
  const known = { ...ALWAYS, etag, 'cache-control': cacheControl };
  if (isKnown(headers.get('if-none-match'), etag)) return { status: 304, headers: known };
  const encoding: Record<string, string> = coding === 'identity' ? {} : { 'content-encoding': coding };
  return { status: 200, headers: { ...known, ...encoding, 'content-type': contentType }, body };
}

function notBuilt(): HttpReply {
  return { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: NOT_BUILT };
}

/** Beside the compiled server; or, where the source runs, in `dist/`. */
function builtPages(): string {
  const beside = fileURLToPath(new URL('../../../pages', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../../dist/pages', import.meta.url));
}
