/** Errors over HTTP: `application/problem+json` (RFC 9457). `code` is stable, `detail` is for people and never repeats what a client wrote. */
import type { HttpReply } from './http.ts';

export const PROBLEMS = {
  bad_request: { status: 400, title: 'The request is not well formed' },
  invalid_body: { status: 400, title: 'The body is not what it should be' },
  invalid_context: { status: 400, title: 'The context is not valid' },
  invalid_parameter: { status: 400, title: 'A parameter is not what it should be' },
  unknown_feature: { status: 400, title: 'There is no such feature' },
  missing_entity: { status: 400, title: 'An id is missing' },
  token_in_url: { status: 400, title: 'Tokens do not travel in a URL' },
  unknown_subprotocol: { status: 400, title: 'No subprotocol that this server speaks' },
  unauthenticated: { status: 401, title: 'No valid token' },
  token_expired: { status: 401, title: 'The token has expired' },
  forbidden_origin: { status: 403, title: 'This origin may not connect' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  not_found: { status: 404, title: 'There is nothing here' },
  unknown_entity: { status: 404, title: 'There are no features of this' },
  method_not_allowed: { status: 405, title: 'This method is not allowed here' },
  request_timeout: { status: 408, title: 'The body took too long' },
  sequence_gap: { status: 409, title: 'Earlier numbers are missing' },
  too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This media type is not taken here' },
  all_rejected: { status: 422, title: 'Every event was rejected' },
  upgrade_required: { status: 426, title: 'A WebSocket of version 13 is needed here' },
  overloaded: { status: 429, title: 'The server is busy, nothing was stored' },
  too_many_upgrades: { status: 429, title: 'Too many connections at once from this network' },
  internal: { status: 500, title: 'The server failed' },
  too_many_connections: { status: 503, title: 'The server has no room for another connection' },
  going_away: { status: 503, title: 'The server is going down' },
  unavailable: { status: 503, title: 'Nobody can answer right now' },
  storage_unavailable: { status: 503, title: 'It is not known what was stored' },
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemExtras {
  detail?: string;
  /** Further members of the problem object. */
  members?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** Sets Retry-After, in whole seconds and at least one. */
  retryAfterMs?: number;
}

export function problem(code: ProblemCode, { detail, members, headers, retryAfterMs }: ProblemExtras = {}): HttpReply {
  const { status, title } = PROBLEMS[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
      ...headers,
    },
    body: JSON.stringify({ title, status, code, ...(detail ? { detail } : {}), ...members }),
  };
}
