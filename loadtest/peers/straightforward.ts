/**
 * The straightforward stack, done properly: `ws`, JSON, zod, and one XADD for each event through ioredis with autopipelining. A message
 * `{"id": n, "events": [...]}` is answered with `{"ack": n}` when Redis has answered for all of its events.
 *
 * Tuned as its parts' documentation says: no permessage-deflate and no client tracking (ws), the compiled schema that Gapless itself uses
 * (zod), autopipelining and no ready check (ioredis). Frozen: what Gapless is compared with must not move. With `message` in the place of
 * `auto` the XADDs of one message go as one pipeline that is written by hand: faster with many events a message, and no longer the code
 * that one would write first.
 *
 * A process of its own: `node peers/straightforward.js PORT REDIS_PORT auto|message`. Says `ready` on standard output.
 */
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventSchema } from '../../protocol/events.ts';

const STREAM = 'events';
const MAX_MESSAGE_BYTES = 64 * 1024;

const [port, redisPort] = process.argv.slice(2, 4).map(Number);
const pipelining = process.argv[4] === 'message' ? 'message' : 'auto';
const redis = new Redis({
  host: '127.0.0.1',
  port: redisPort!,
  enableAutoPipelining: pipelining === 'auto',
  enableReadyCheck: false,
  noDelay: true,
});
redis.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

interface Message {
  id: number;
  events: unknown[];
}

function parse(data: Buffer): Message | null {
  try {
    const message = JSON.parse(data.toString()) as Partial<Message> | null;
    return Number.isSafeInteger(message?.id) && Array.isArray(message?.events) ? (message as Message) : null;
  } catch {
    return null;
  }
}

async function store(socket: WebSocket, data: Buffer): Promise<void> {
  const message = parse(data);
  if (!message) return refuse(socket, 'the message is not JSON of the right shape');
  const { id, events } = message;
  for (const event of events) {
    const result = eventSchema.safeParse(event);
    if (!result.success) return refuse(socket, result.error.message);
  }
  try {
    await append(events.map((event) => JSON.stringify(event)));
  } catch (error) {
    return refuse(socket, (error as Error).message);
  }
  socket.send(`{"ack":${id}}`);
}

/** Resolves when Redis has answered for each of them. */
async function append(events: string[]): Promise<void> {
  if (events.length === 1) return void (await redis.xadd(STREAM, '*', 'event', events[0]!));
  if (pipelining === 'auto') {
    await Promise.all(events.map((event) => redis.xadd(STREAM, '*', 'event', event)));
    return;
  }
  const pipeline = redis.pipeline();
  for (const event of events) pipeline.xadd(STREAM, '*', 'event', event);
  for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
}

function refuse(socket: WebSocket, error: string): void {
  socket.send(JSON.stringify({ error }));
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: port!,
  perMessageDeflate: false,
  clientTracking: false,
  maxPayload: MAX_MESSAGE_BYTES,
});
server.on('connection', (socket) => {
  socket.on('message', (data) => void store(socket, data as Buffer));
  socket.on('error', () => undefined);
});
server.on('listening', () => console.log('ready'));
