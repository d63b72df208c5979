/**
 * The only file that knows uWebSockets.js. It carries WebSockets at `/v1/stream` and HTTP beside them, and turns what the library does
 * into the few calls of `Socket`, `SocketListener` and `Http`. What the library does not forgive is handled here:
 *
 * - An exception in a handler ends the process: every handler is guarded.
 * - Requests and message bytes die when the handler returns: requests are read whole at once, messages are views that callers copy.
 * - A WebSocket object throws once it is closed: only `WireSocket` holds one, and drops it at the close.
 * - `send` drops silently over `maxBackpressure`: `WireSocket` has a lower bound of its own and says so.
 * - `maxLifetime` counts minutes modulo 240: 240 ends every connection after four seconds.
 * - Ports are shared between processes unless asked otherwise, and a port that is taken gives only `false`.
 * - A response may not be touched after an abort, and must be corked outside of its handler.
 */

import * as uws from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { PATH } from '../../protocol/limits.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import { createAdmission, isLoopbackAddress } from './admission.ts';
import { checkHandshake } from './handshake.ts';
import { readHeaders } from './headers.ts';
import { createHttp, type Exchange, type HttpReply, type HttpRequest } from './http.ts';
import { explainListenFailure } from './listen-error.ts';
import { socketBytes } from './message-bytes.ts';
import type { OriginCheck } from './origins.ts';
import { problem } from './problem.ts';
import { streamRoute } from './routes/stream.ts';
import type { Route } from './routing.ts';
import type { AcceptSocket, Socket } from './socket.ts';
import { WireSocket, type WireSocketParts } from './wire-socket.ts';

export interface TransportOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  maxFrameBytes: number;
  /** Unread bytes of one WebSocket from which on it counts as clogged; at four times this it is cut. */
  sendBufferBytes: number;
  maxConnections: number;
  /** A WebSocket from which nothing came for this time, pongs included, is ended; pings go out in between. At least 8 s. */
  silenceMs: number;
  /** A WebSocket is ended after this time; whole minutes, from 1 to 239. */
  connectionLifetimeMs: number;
  /** Upgrades that one network may ask for in a second; 0 for no bound. */
  upgradesPerSecond: number;
  /** What request bodies may take in memory, all together, and how long one may take to arrive. */
  bodyBudgetBytes: number;
  bodyTimeoutMs: number;
  /** How long `close` waits for requests that are being handled, ms. */
  closeTimeoutMs: number;
  accept: AcceptSocket;
  originAllowed: OriginCheck;
  routes: readonly Route[];
  logger: Logger;
  metrics: Pick<
    Metrics,
    'connectionOpened' | 'connectionClosed' | 'upgradeRefused' | 'sendFailed' | 'handlerFailed' | 'httpAnswered'
  >;
}

export interface Transport {
  /** Resolves when connections are taken. Throws ListenError. */
  listen(): Promise<{ host: string; port: number }>;
  /** Open WebSockets. */
  readonly connections: number;
  /** Takes no new connections and upgrades; those that are open go on. A second call does nothing. */
  stopListening(): void;
  /** Ends every WebSocket that is left, waits for requests that are being handled, then cuts what remains. */
  close(): Promise<void>;
}

// The binary has these; the package's types do not.
const { LIBUS_LISTEN_EXCLUSIVE_PORT, _cfg: configure } = uws as unknown as {
  LIBUS_LISTEN_EXCLUSIVE_PORT: uws.ListenOptions;
  _cfg(option: 'silent'): void;
};
type Listen = (
  host: string,
  port: number,
  options: uws.ListenOptions,
  opened: (socket: uws.us_listen_socket | false) => void,
) => void;
// No header that names the library.
configure('silent');
const NO_COMPRESSION = 0;

/** Beyond this many times the clog limit nothing is queued any more ... */
const DROP_FACTOR = 4;
/** ... but the last frame that was, and the close frame. */
const DROP_MARGIN_BYTES = 1024 * 1024;
/** 1001: the server goes away; a client comes back. */
const GOING_AWAY = 1001;
const RETRY_AFTER_MS = 1_000;
/** Statuses whose replies have no body by definition. */
const BODILESS = new Set([204, 304]);
/** How long a socket that was ended may take to deliver its close frame before the transport lets go of it. */
const LINGER_MS = 250;

interface UserData {
  socket: WireSocket;
}

export function createTransport(options: TransportOptions): Transport {
  const { host, accept, originAllowed, logger, metrics } = options;
  const app = uws.App();
  const http = createHttp({ ...options, routes: [...options.routes, streamRoute(originAllowed)] });
  const admission = createAdmission(options.upgradesPerSecond);
  const sockets = new Set<WireSocket>();
  const ids = idSource();
  let listener: uws.us_listen_socket | null = null;
  let lastClose = 0;
  let state: 'new' | 'open' | 'draining' | 'closed' = 'new';

  const parts: WireSocketParts = {
    clogBytes: options.sendBufferBytes,
    dropBytes: options.sendBufferBytes * DROP_FACTOR,
    sendFailed: metrics.sendFailed,
    listenerFailed(socket: Socket, error: unknown) {
      metrics.handlerFailed();
      logger.error({ session: socket.id, err: error }, 'a connection failed and is ended');
    },
  };

  function failed(error: unknown): void {
    metrics.handlerFailed();
    logger.error({ err: error }, 'a handler of the transport failed');
  }

  /** Runs a WebSocket handler. What a listener throws does not even come here. */
  function safely(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      failed(error);
    }
  }

  /** Runs a request's handler; what it throws ends only that request. */
  function guarded(res: uws.HttpResponse, handler: () => void): void {
    try {
      handler();
    } catch (error) {
      failed(error);
      try {
        write(res, problem('internal'), { last: true });
      } catch {
        cut(res);
      }
    }
  }

  function admitUpgrade(request: HttpRequest, address: Uint8Array) {
    const refused = (reason: 'draining' | 'too_many', reply: HttpReply) => ({ ok: false as const, reason, reply });
    if (state !== 'open') return refused('draining', problem('going_away', { retryAfterMs: RETRY_AFTER_MS }));
    if (sockets.size >= options.maxConnections) {
      return refused('too_many', problem('too_many_connections', { retryAfterMs: RETRY_AFTER_MS }));
    }
    if (!admission.admit(address)) {
      return refused('too_many', problem('too_many_upgrades', { retryAfterMs: RETRY_AFTER_MS }));
    }
    return checkHandshake(request, originAllowed);
  }

  app.ws<UserData>(PATH, {
    compression: NO_COMPRESSION,
    maxPayloadLength: socketBytes(options.maxFrameBytes),
    maxBackpressure: parts.dropBytes + DROP_MARGIN_BYTES,
    closeOnBackpressureLimit: false,
    // Pings go out by themselves early enough for a living peer to answer within this time.
    idleTimeout: Math.ceil(options.silenceMs / 1000),
    sendPingsAutomatically: true,
    maxLifetime: lifetimeMinutes(options.connectionLifetimeMs),

    upgrade(res, req, context) {
      guarded(res, () => {
        const address = new Uint8Array(res.getRemoteAddress());
        const shake = admitUpgrade(readRequest(req, address), address);
        if (!shake.ok) {
          metrics.upgradeRefused(shake.reason);
          return write(res, shake.reply, { last: true });
        }
        const socket = new WireSocket(ids(), shake, parts);
        res.upgrade<UserData>({ socket }, shake.key, shake.subprotocol, '', context);
      });
    },
    open(ws) {
      safely(() => {
        const { socket } = ws.getUserData();
        sockets.add(socket);
        metrics.connectionOpened();
        socket.onOpen(ws, accept);
      });
    },
    message(ws, bytes, isBinary) {
      // As `safely`, without a closure: there is one for each frame.
      try {
        ws.getUserData().socket.onMessage(new Uint8Array(bytes), isBinary);
      } catch (error) {
        failed(error);
      }
    },
    ping: (ws) => safely(() => ws.getUserData().socket.onControlFrame(Date.now())),
    pong: (ws) => safely(() => ws.getUserData().socket.onControlFrame(Date.now())),
    drain: (ws) => safely(() => ws.getUserData().socket.onDrain()),
    close(ws, code) {
      safely(() => {
        const { socket } = ws.getUserData();
        sockets.delete(socket);
        lastClose = Date.now();
        metrics.connectionClosed(code);
        socket.onClose(code);
      });
    },
  });

  app.any('/*', (res, req) => {
    guarded(res, () => {
      let alive = true;
      let exchange: Exchange | undefined;
      // First of all: a handler that returns without an answer and without this ends the process.
      res.onAborted(() => {
        alive = false;
        exchange?.aborted();
      });
      const request = readRequest(req, new Uint8Array(res.getRemoteAddress()));
      const head = request.method === 'HEAD';
      exchange = http.begin(request, (reply, last) => {
        if (!alive) return;
        alive = false;
        guarded(res, () => res.cork(() => write(res, reply, { last, head })));
      });
      if (alive) res.onData((chunk, last) => guarded(res, () => exchange?.data(new Uint8Array(chunk), last)));
    });
  });

  function stopListening(): void {
    if (state === 'open') state = 'draining';
    http.drain();
    if (listener) uws.us_listen_socket_close(listener);
    listener = null;
  }

  return {
    get connections() {
      return sockets.size;
    },

    async listen() {
      const opened = await new Promise<uws.us_listen_socket | false>((resolve) => {
        (app.listen as unknown as Listen)(host, options.port, LIBUS_LISTEN_EXCLUSIVE_PORT, resolve);
      });
      if (!opened) throw await explainListenFailure(host, options.port);
      listener = opened;
      state = 'open';
      return { host, port: uws.us_socket_local_port(opened as unknown as uws.us_socket) };
    },

    stopListening,

    async close() {
      if (state === 'closed') return;
      stopListening();
      state = 'closed';
      for (const socket of [...sockets]) socket.close(GOING_AWAY, 'the server stops');
      await Promise.race([http.settled(), delay(options.closeTimeoutMs, undefined, { ref: false })]);
      // Cutting a socket at once could overtake the close frame that was just sent on it.
      await delay(Math.max(0, lastClose + LINGER_MS - Date.now()));
      app.close();
    },
  };
}

function readRequest(req: uws.HttpRequest, address: Uint8Array): HttpRequest {
  const { values, malformed } = readHeaders((line) => req.forEach(line));
  return {
    method: req.getCaseSensitiveMethod().toUpperCase(),
    path: req.getUrl(),
    query: req.getQuery() ?? '',
    headers: values,
    ...(malformed === undefined ? {} : { malformed }),
    loopback: isLoopbackAddress(address),
  };
}

function write(
  res: uws.HttpResponse,
  reply: HttpReply,
  { last, head = false }: { last: boolean; head?: boolean },
): void {
  const { status, headers = {}, body = '' } = reply;
  res.writeStatus(`${status} ${STATUS_CODES[status]}`);
  for (const name in headers) res.writeHeader(name, headers[name]!);
  if (BODILESS.has(status) && !last) res.endWithoutBody();
  else if (BODILESS.has(status)) res.endWithoutBody(0, true);
  else if (head) res.endWithoutBody(Buffer.byteLength(body), last);
  else res.end(body, last);
}

function cut(res: uws.HttpResponse): void {
  try {
    res.close();
  } catch {
    // It was answered already, or is gone.
  }
}

function lifetimeMinutes(ms: number): number {
  const minutes = ms / 60_000;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 239)
    throw new RangeError('connectionLifetimeMs is not 1 to 239 minutes');
  return minutes;
}

/** Names for logs: unlike over restarts, without a secret in them. */
function idSource(): () => string {
  const start = randomBytes(6).toString('base64url');
  let count = 0;
  return () => `${start}.${(++count).toString(36)}`;
}
