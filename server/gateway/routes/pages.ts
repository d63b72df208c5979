/**
 * The pages: `GET /` (the dashboard), `GET /<page>`, and what they load. `npm run build` makes the files. Names below `/assets/` hold a hash
 * of what is in them, so browsers keep those for good and ask for the pages again each time, which mostly costs a 304.
 */
import { built } from '../../installation.ts';
import { type Asset, assetReply, loadAssets } from '../assets.ts';
import type { HttpReply } from '../http.ts';
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
};

/** Reads the files; afterwards nothing is read any more. */
export function pageRoutes(folder = built('pages')): Route[] {
  const assets = loadAssets(folder);
  const hashed = new Map<string, Asset>();
  const routes: Route[] = [];
  for (const [path, asset] of assets) {
    if (path.startsWith(HASHED)) hashed.set(path.slice(HASHED.length), asset);
    else
      routes.push({
        method: 'GET',
        path: pathOf(path),
        handle: (request) => assetReply(request, asset, { ...ALWAYS, 'cache-control': ASK_EACH_TIME }),
      });
  }
  if (!assets.has(`${START}/index.html`)) routes.push({ method: 'GET', path: '/', handle: () => notBuilt() });
  routes.push({
    method: 'GET',
    path: `/${HASHED}{file}`,
    handle(request, _, { file = '' }) {
      const asset = hashed.get(file);
      return asset ? assetReply(request, asset, { ...ALWAYS, 'cache-control': FOR_GOOD }) : problem('not_found');
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

function notBuilt(): HttpReply {
  return { status: 503, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: NOT_BUILT };
}
