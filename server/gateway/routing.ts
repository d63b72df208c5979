/**
 * Routes: one method and one path each, exact or with parameters (`/users/{user_id}`). A parameter is one segment that is not empty; an
 * exact path goes before one with parameters. GET answers HEAD too.
 */
import type { HttpReply, HttpRequest } from './http.ts';
import type { Operation } from './openapi/operation.ts';

/** The segments that stand in the place of a path's parameters, by name, as they were sent: see `decodeSegment`. */
export type Params = Readonly<Record<string, string>>;

export interface Route {
  method: 'GET' | 'POST';
  path: string;
  /** What the OpenAPI document says of it; a route without one is not in the document. */
  operation?: Operation;
  /** Largest body in bytes; without it the route takes none. */
  bodyLimit?: number;
  /** Looks at a request before its body is read; a reply refuses it. Synchronous. */
  admit?(request: HttpRequest): HttpReply | null;
  /** The body is the route's to keep. */
  handle(request: HttpRequest, body: Uint8Array, params: Params): HttpReply | Promise<HttpReply>;
}

export type Found =
  | { status: 'found'; route: Route; params: Params }
  /** The path exists; `allow` are its methods as a header. */
  | { status: 'other_method'; allow: string }
  | { status: 'unknown' };

export type Router = (request: Pick<HttpRequest, 'method' | 'path'>) => Found;

/** A path with parameters: for each segment its text, or null for a parameter. */
interface Pattern {
  route: Route;
  segments: readonly (string | null)[];
  names: readonly string[];
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const NO_PARAMS: Params = Object.freeze({});

export function createRouter(routes: readonly Route[]): Router {
  const exact = new Map<string, Route[]>();
  const patterns: Pattern[] = [];
  for (const route of routes) {
    if (route.path.includes('{')) patterns.push(toPattern(route));
    else exact.set(route.path, [...(exact.get(route.path) ?? []), route]);
  }
  return ({ method, path }) => {
    const wanted = method === 'HEAD' ? 'GET' : method;
    const there: readonly Route[] = exact.get(path) ?? [];
    const route = there.find((one) => one.method === wanted);
    if (route) return { status: 'found', route, params: NO_PARAMS };
    const segments = path.split('/');
    const similar = patterns.filter((pattern) => matches(pattern, segments));
    const pattern = similar.find((one) => one.route.method === wanted);
    if (pattern) return { status: 'found', route: pattern.route, params: paramsOf(pattern, segments) };
    const others = [...there, ...similar.map((one) => one.route)];
    if (others.length === 0) return { status: 'unknown' };
    const allow = new Set(others.flatMap((one) => (one.method === 'GET' ? ['GET', 'HEAD'] : [one.method])));
    return { status: 'other_method', allow: [...allow, 'OPTIONS'].join(', ') };
  };
}

function toPattern(route: Route): Pattern {
  const segments = route.path.split('/');
  const isParameter = (segment: string) => segment.startsWith('{') && segment.endsWith('}');
  return {
    route,
    segments: segments.map((segment) => (isParameter(segment) ? null : segment)),
    names: segments.filter(isParameter).map((segment) => segment.slice(1, -1)),
  };
}

function matches({ segments }: Pattern, path: readonly string[]): boolean {
  if (segments.length !== path.length) return false;
  return segments.every((segment, i) => (segment === null ? isValue(path[i]!) : segment === path[i]));
}

/** Everything between here and the client may take `.` and `..` for steps along the path, so they name nothing. */
function isValue(segment: string): boolean {
  return segment !== '' && !/^(\.|%2e){1,2}$/i.test(segment);
}

function paramsOf({ segments, names }: Pattern, path: readonly string[]): Params {
  const values = path.filter((_, i) => segments[i] === null);
  return Object.fromEntries(names.map((name, i) => [name, values[i]!]));
}

/** The text that a percent-encoded segment, or a part of one, stands for; null where it is not UTF-8. A `/` in it is one of the text. */
export function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
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
