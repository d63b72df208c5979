/** What an upgrade request must be before it becomes a WebSocket. uWebSockets.js checks only the length of the key. */
import { chooseSubprotocol, SUBPROTOCOLS, type Subprotocol } from '../../protocol/wire.ts';
import type { UpgradeRefusal } from '../ops/metric-labels.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { OriginCheck } from './origins.ts';
import { problem } from './problem.ts';
import { carriesToken } from './routing.ts';

export type Handshake =
  | { ok: true; key: string; subprotocol: Subprotocol; userAgent: string }
  | { ok: false; reason: UpgradeRefusal; reply: HttpReply };

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const USER_AGENT_MAX = 256;

export function checkHandshake(request: HttpRequest, originAllowed: OriginCheck): Handshake {
  const header = (name: string) => request.headers.get(name) ?? '';
  if (request.malformed) return refused('handshake', problem('bad_request', { detail: request.malformed }));
  if (!has(header('upgrade'), 'websocket') || !has(header('connection'), 'upgrade')) {
    return refused(
      'handshake',
      problem('upgrade_required', { headers: { upgrade: 'websocket', connection: 'Upgrade' } }),
    );
  }
  if (header('sec-websocket-version') !== '13') {
    return refused('handshake', problem('upgrade_required', { headers: { 'sec-websocket-version': '13' } }));
  }
  const key = header('sec-websocket-key');
  if (!KEY.test(key))
    return refused('handshake', problem('bad_request', { detail: 'Sec-WebSocket-Key is not 16 bytes in base64.' }));
  if (carriesToken(request.query)) {
    return refused('token_in_url', problem('token_in_url', { detail: 'Send the token in HELLO.' }));
  }
  if (!originAllowed(request.headers.get('origin'), request.headers.get('host'))) {
    return refused('origin', problem('forbidden_origin'));
  }
  const subprotocol = chooseSubprotocol(items(header('sec-websocket-protocol')));
  if (!subprotocol) {
    const detail = `Offer ${SUBPROTOCOLS.join(' or ')} as Sec-WebSocket-Protocol.`;
    return refused('subprotocol', problem('unknown_subprotocol', { detail, members: { subprotocols: SUBPROTOCOLS } }));
  }
  return { ok: true, key, subprotocol, userAgent: header('user-agent').slice(0, USER_AGENT_MAX) };
}

function refused(reason: UpgradeRefusal, reply: HttpReply): Handshake {
  return { ok: false, reason, reply };
}

/** Whether a list header names `word`, whatever its case. */
function has(header: string, word: string): boolean {
  return items(header).some((item) => item.toLowerCase() === word);
}

function items(header: string): string[] {
  return header.split(',').map((item) => item.trim());
}
