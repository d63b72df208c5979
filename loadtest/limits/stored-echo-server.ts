/**
 * The least that a server can do which stores before it answers: uWebSockets.js puts the messages of one turn of the event loop into Redis by one XADD, as
 * they came, and sends them back when Redis has answered. Nothing is decoded, validated, or looked up.
 *
 * A process of its own: `node limits/stored-echo-server.js PORT REDIS_PORT`. Says `ready` on standard output.
 */

import { App, type WebSocket } from 'uWebSockets.js';
import { Redis } from 'ioredis';

const MAX_MESSAGE_BYTES = 64 * 1024;

type Socket = WebSocket<{ open: boolean }>;
interface Message {
  socket: Socket;
  bytes: Buffer;
}

const [port, redisPort] = process.argv.slice(2, 4).map(Number);
const redis = new Redis({ host: '127.0.0.1', port: redisPort!, enableReadyCheck: false });
redis.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

let waiting: Message[] = [];

function receive(socket: Socket, message: ArrayBuffer): void {
  if (waiting.length === 0) setImmediate(store);
  // The bytes are the library's, and good for this callback only.
  waiting.push({ socket, bytes: Buffer.from(message.slice(0)) });
}

async function store(): Promise<void> {
  const messages = waiting;
  waiting = [];
  await redis.xadd('messages', '*', 'bytes', Buffer.concat(messages.map(({ bytes }) => bytes)));
  for (const { socket, bytes } of messages) if (socket.getUserData().open) socket.send(bytes, true);
}

App()
  .ws<{ open: boolean }>('/*', {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    maxBackpressure: 64 * 1024 * 1024,
    upgrade: (res, req, context) => {
      const [key, protocol, extensions] = ['key', 'protocol', 'extensions'].map((name) =>
        req.getHeader(`sec-websocket-${name}`),
      );
      res.upgrade({ open: true }, key!, protocol!, extensions!, context);
    },
    message: receive,
    close: (socket) => {
      socket.getUserData().open = false;
    },
  })
  .listen('127.0.0.1', port!, (listening) => {
    if (!listening) process.exit(1);
    console.log('ready');
  });
