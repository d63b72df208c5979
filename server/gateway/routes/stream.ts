/** `GET /v1/stream` without what makes a WebSocket of it; a good upgrade does not come here. */
import { PATH } from '../../../protocol/limits.ts';
import { checkHandshake } from '../handshake.ts';
import type { OriginCheck } from '../origins.ts';
import { problem } from '../problem.ts';
import type { Route } from '../routing.ts';

/** Requests that ask for the stream's path without a key of the right length, which the library does not see as upgrades. */
export function streamRoute(originAllowed: OriginCheck): Route {
  return {
    method: 'GET',
    path: PATH,
    operation: {
      tag: 'events',
      summary: 'Open the WebSocket',
      description:
        'Subprotocols `gapless.v1.msgpack` and `gapless.v1.json`; protocol/PROTOCOL.md says what is spoken there.',
      secured: false,
      answers: { 101: { about: 'The connection is a WebSocket now.' } },
      problems: ['upgrade_required', 'unknown_subprotocol', 'too_many_upgrades', 'too_many_connections', 'going_away'],
    },
    handle(request) {
      const shake = checkHandshake(request, originAllowed);
      return shake.ok ? problem('bad_request') : shake.reply;
    },
  };
}
