/**
 * Socket.IO with acknowledgements, done properly: `socket.emit('events', [...events], done)`, the same zod schemas, one XADD for each event
 * through ioredis with autopipelining; `done()` is called when Redis has answered for all of the message's events.
 *
 * Tuned as its documentation says ("Performance tuning", "Memory usage", and the options' pages). The WebSocket transport only, so that no
 * polling and no upgrade comes first; permessage-deflate off; no client bundle is served; the first HTTP request of a session is let go. The default
 * parser: the page recommends the msgpack parser for binary data, of which there is none here, and JSON.parse is native. `ws` is the
 * engine, as by default, or with `uws` its support of uWebSockets.js (`attachApp`). The page's add-ons of `ws` have nothing to do here:
 * `utf-8-validate` stands in Node itself since 18.14, and the generator's masking key is zero, which `ws` does not unmask (`bufferutil`).
 * XADDs as in the straightforward stack. Frozen: what Gapless is compared with must not move.
 *
 * A process of its own: `node peers/socket-io.js PORT REDIS_PORT ws|uws`. Says `ready` on standard output.
 */

import { App } from 'uWebSockets.js';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { Server, type Socket } from 'socket.io';
import { eventSchema } from '../../protocol/events.ts';

const STREAM = 'events';
const MAX_MESSAGE_BYTES = 64 * 1024;
const HOST = '127.0.0.1';

const [port, redisPort] = process.argv.slice(2, 4).map(Number) as [number, number];
const redis = new Redis({
  host: HOST,
  port: redisPort,
  enableAutoPipelining: true,
  enableReadyCheck: false,
  noDelay: true,
});
redis.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

/** Called without an argument: everything is stored. */
type Done = (error?: string) => void;

async function store(events: unknown, done: Done): Promise<void> {
  if (!Array.isArray(events)) return done('not a list of events');
  for (const event of events) {
    const result = eventSchema.safeParse(event);
    if (!result.success) return done(result.error.message);
  }
  try {
    await Promise.all(events.map((event) => redis.xadd(STREAM, '*', 'event', JSON.stringify(event))));
  } catch (error) {
    return done((error as Error).message);
  }
  done();
}

const io = new Server({
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  maxHttpBufferSize: MAX_MESSAGE_BYTES,
});
io.on('connection', (socket: Socket) => {
  socket.on('events', (events: unknown, done: unknown) => {
    if (typeof done === 'function') void store(events, done as Done);
  });
});

function letRequestGo(raw: { request: unknown }): void {
  raw.request = null;
}

if (process.argv[4] === 'uws') {
  const app = App();
  io.attachApp(app);
  io.engine.on('connection', letRequestGo);
  app.listen(HOST, port, (listening) => {
    if (!listening) process.exit(1);
    console.log('ready');
  });
} else {
  const server = createServer();
  io.attach(server);
  io.engine.on('connection', letRequestGo);
  server.listen(port, HOST, () => console.log('ready'));
}
