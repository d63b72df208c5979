/** Routes: exact paths, one method each. GET answers HEAD too. */
import type { HttpReply, HttpRequest } from './http.ts';

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** Largest body in bytes; without it the route takes none. */
  bodyLimit?: number;
  /** Looks at a request before its body is read; a reply refuses it. Synchronous. */
  admit?(request: HttpRequest): HttpReply | null;
  /** The body is the route's to keep. */
  handle(request: HttpRequest, body: Uint8Array): HttpReply | Promise<HttpReply>;
}

export type Found =
  | { status: 'found'; route: Route }
  /** The path exists; `allow` are its methods as a header. */
  | { status: 'other_method'; allow: string }
  | { status: 'unknown' };

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function findRoute(routes: readonly Route[], { method, path }: HttpRequest): Found {
  const there = routes.filter((route) => route.path === path);
  const wanted = method === 'HEAD' ? 'GET' : method;
  const route = there.find((one) => one.method === wanted);
  if (route) return { status: 'found', route };
  if (there.length === 0) return { status: 'unknown' };
  const allow = there.flatMap((one) => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method]));
  return { status: 'other_method', allow: [...allow, 'OPTIONS'].join(', ') };
}

/** TRACE, CONNECT and whatever somebody made up. */
export function isOddMethod(method: string): boolean {
  return !METHODS.has(method);
}

const TOKEN_NAMES = new Set(['token', 'access_token', 'auth', 'authorization', 'api_key', 'apikey', 'jwt', 'bearer']);

/** Whether a query string carries a token, which would end up in the logs of everything between here and the client. */
export function carriesToken(query: string): boolean {
  if (query === '') return false;
  return [...new URLSearchParams(query).keys()].some((name) => TOKEN_NAMES.has(name.toLowerCase()));
}

export function announcesBody({ headers }: HttpRequest): boolean {
  return headers.has('transfer-encoding') || (headers.get('content-length') ?? '0') !== '0';
}

/** The Content-Type without its parameters, in lower case. */
export function mediaType({ headers }: HttpRequest): string {
  return (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}
