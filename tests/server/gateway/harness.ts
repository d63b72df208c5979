/** A transport on a free loopback port, what its sockets saw, and clients that may send anything. */
import net from 'node:net';
import { onTestFinished, vi } from 'vitest';
import WebSocket from 'ws';
import { createOriginCheck } from '../../../server/gateway/origins.ts';
import type { Socket, SocketListener } from '../../../server/gateway/socket.ts';
import { createTransport, type Transport, type TransportOptions } from '../../../server/gateway/transport.ts';
import { silentLogger } from '../../../server/ops/logger.ts';
import { createMetrics, type Metrics } from '../../../server/ops/metrics.ts';

/** What a listener saw of one socket. */
export interface Seen {
  socket: Socket;
  messages: { text: string; bytes: Uint8Array; binary: boolean }[];
  drained: number;
  closed: number[];
}

export interface Running {
  port: number;
  url: string;
  transport: Transport;
  metrics: Metrics;
  seen: Seen[];
}

/** Overrides of the options; `on` replaces parts of the recording listener. */
export type Setup = Partial<TransportOptions> & { on?: (seen: Seen) => Partial<SocketListener> };

export async function start({ on, ...overrides }: Setup = {}): Promise<Running> {
  const metrics = createMetrics();
  const seen: Seen[] = [];
  const transport = createTransport({
    host: '127.0.0.1',
    port: 0,
    maxFrameBytes: 16 * 1024,
    sendBufferBytes: 64 * 1024,
    maxConnections: 100,
    silenceMs: 60_000,
    connectionLifetimeMs: 239 * 60_000,
    upgradesPerSecond: 0,
    bodyBudgetBytes: 1024 * 1024,
    bodyTimeoutMs: 10_000,
    closeTimeoutMs: 1_000,
    originAllowed: createOriginCheck([], false),
    routes: [],
    logger: silentLogger(),
    metrics,
    accept(socket) {
      const one: Seen = { socket, messages: [], drained: 0, closed: [] };
      seen.push(one);
      const recording: SocketListener = {
        message(bytes, binary) {
          one.messages.push({ text: Buffer.from(bytes).toString(), bytes: bytes.slice(), binary });
        },
        drained() {
          one.drained++;
        },
        closed(code) {
          one.closed.push(code);
        },
      };
      return { ...recording, ...on?.(one) };
    },
    ...overrides,
  });
  const { port } = await transport.listen();
  onTestFinished(async () => {
    await transport.close();
    metrics.close();
  });
  return { port, url: `ws://127.0.0.1:${port}/v1/stream`, transport, metrics, seen };
}

/** Waits until `check` passes; what it throws last is the failure. */
export function eventually<T>(check: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 5 });
}

/** An open WebSocket of a well-behaved client. */
export async function connect(
  url: string,
  protocols: string | string[] = 'gapless.v1.msgpack',
  options = {},
): Promise<WebSocket> {
  const client = new WebSocket(url, protocols, options);
  onTestFinished(() => client.terminate());
  await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
  client.on('error', () => {});
  return client;
}

/** How a connection ended on the client's side. */
export function closeOf(client: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => client.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
}

/** A TCP connection that sends whatever it is told. */
export interface RawClient {
  socket: net.Socket;
  write(bytes: string | Uint8Array): void;
  /** What came so far, as latin1 text. */
  received(): string;
  ended: Promise<void>;
}

export function rawClient(port: number): RawClient {
  const socket = net.connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return {
    socket,
    write: (bytes) => void socket.write(bytes),
    received: () => Buffer.concat(chunks).toString('latin1'),
    ended: new Promise((resolve) => socket.once('close', () => resolve())),
  };
}

export interface RawReply {
  status: number;
  headers: Map<string, string>;
  body: string;
  text: string;
}

/** Sends a request as it is and waits for one whole reply. `null`: the connection ended without one. */
export async function exchange(port: number, request: string, { head = false } = {}): Promise<RawReply | null> {
  const client = rawClient(port);
  client.write(request);
  let ended = false;
  void client.ended.then(() => {
    ended = true;
  });
  const reply = await eventually(() => {
    const parsed = parseReply(client.received(), head);
    if (!parsed && !ended) throw new Error(`no reply yet: ${JSON.stringify(client.received())}`);
    return parsed;
  });
  client.socket.destroy();
  return reply;
}

export function parseReply(text: string, head = false): RawReply | null {
  const split = text.indexOf('\r\n\r\n');
  if (split < 0) return null;
  const [line = '', ...lines] = text.slice(0, split).split('\r\n');
  const headers = new Map<string, string>();
  for (const one of lines)
    headers.set(one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 1).trim());
  const body = text.slice(split + 4);
  if (!head && body.length < Number(headers.get('content-length') ?? 0)) return null;
  return { status: Number(line.split(' ')[1]), headers, body, text };
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The text of an upgrade request. `undefined` takes a header out, a list repeats it. */
export function upgradeText(
  headers: Record<string, string | string[] | undefined> = {},
  path = '/v1/stream',
  method = 'GET',
): string {
  const all: Record<string, string | string[] | undefined> = {
    Host: '127.0.0.1',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Protocol': 'gapless.v1.msgpack',
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** A raw connection that has become a WebSocket. */
export async function upgradeRaw(port: number): Promise<RawClient> {
  const client = rawClient(port);
  client.write(upgradeText());
  await eventually(() => {
    if (!client.received().startsWith('HTTP/1.1 101')) throw new Error(client.received());
  });
  return client;
}

export interface FrameOptions {
  fin?: boolean;
  mask?: boolean;
  rsv?: number;
  /** Claims this length instead of the payload's. */
  claim?: bigint;
}

/** One WebSocket frame, right or wrong. */
export function frame(opcode: number, payload: Uint8Array | string = '', options: FrameOptions = {}): Uint8Array {
  const { fin = true, mask = true, rsv = 0, claim } = options;
  const data = Buffer.from(payload as string);
  const length = claim ?? BigInt(data.length);
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (length < 126n) head[1] = Number(length);
  else if (length < 65_536n) head.writeUInt16BE(Number(length), 2);
  else head.writeBigUInt64BE(length, 2);
  if (head.length === 4) head[1] = 126;
  if (head.length === 10) head[1] = 127;
  if (!mask) return Buffer.concat([head, data]);
  head[1]! |= 0x80;
  const key = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, key, data.map((byte, i) => byte ^ key[i % 4]!)]);
}
