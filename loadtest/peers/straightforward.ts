/**
 * The straightforward stack, done properly: `ws`, JSON, zod, and one XADD for each event through ioredis with autopipelining. A message
 * `{"id": n, "events": [...]}` is answered with `{"ack": n}` when Redis has answered for all of its events.
 *
 * Tuned as its parts' documentation says: no permessage-deflate and no client tracking (ws), the compiled schema that Gapless itself uses
 * (zod), autopipelining and no ready check (ioredis). Frozen: what Gapless is compared with must not move.
 *
 * A process of its own: `node peers/straightforward.js PORT REDIS_PORT`. Says `ready` on standard output.
 */
import { Redis } from 'ioredis';
import { type WebSocket, WebSocketServer } from 'ws';
import { validateEvent } from '../../protocol/events.ts';

const STREAM = 'events';
const MAX_MESSAGE_BYTES = 64 * 1024;

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis({
  host: '127.0.0.1',
  port: redisPort!,
  enableAutoPipelining: true,
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
    const result = validateEvent(event);
    if (!result.ok) return refuse(socket, `${result.code} ${result.path}`);
  }
  try {
    if (events.length === 1) await redis.xadd(STREAM, '*', 'event', JSON.stringify(events[0]));
    else await Promise.all(events.map((event) => redis.xadd(STREAM, '*', 'event', JSON.stringify(event))));
  } catch (error) {
    return refuse(socket, (error as Error).message);
  }
  socket.send(`{"ack":${id}}`);
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
