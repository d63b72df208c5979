/**
 * `GET /gapless.js`, and `/v1/gapless.js` where only `/v1/` comes through a proxy: the client for browsers as one ES module, so that a
 * page needs nothing but the server's address. Its name stays while it changes with the server, so browsers ask each time whether theirs
 * is still the one, which mostly costs a 304.
 */
import { built } from '../../installation.ts';
import { assetReply, loadAssets } from '../assets.ts';
import type { Route } from '../routing.ts';

const BUNDLE = 'gapless.js';
const PATHS = [`/${BUNDLE}`, `/v1/${BUNDLE}`];
/** Pages of other origins load it by CORS (scripts of type `module` always do), so `Origin` is checked as for any request of theirs. */
const HEADERS = { 'cache-control': 'no-cache', 'cross-origin-resource-policy': 'cross-origin' };

/** Reads the file; afterwards nothing is read any more. Without a build there is no such route. */
export function sdkRoutes(folder = built('browser')): Route[] {
  const bundle = loadAssets(folder).get(BUNDLE);
  if (!bundle) return [];
  return PATHS.map((path) => ({ method: 'GET', path, handle: (request) => assetReply(request, bundle, HEADERS) }));
}
