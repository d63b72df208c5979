/**
 * HTTP alone: uWebSockets.js reads a body, counts its lines, and says that they are accepted. Nothing is decoded, validated or stored.
 *
 * A process of its own: `node limits/count-server.js PORT`. Says `ready` on standard output.
 */
import { App } from 'uWebSockets.js';

const NEWLINE = 0x0a;

App()
  .post('/v1/events', (res) => {
    let lines = 0;
    let last = NEWLINE;
    res.onAborted(() => undefined);
    res.onData((chunk, isLast) => {
      const bytes = Buffer.from(chunk);
      for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
      last = bytes.at(-1) ?? last;
      if (!isLast) return;
      if (last !== NEWLINE) lines++;
      res.writeHeader('content-type', 'application/json').end(`{"accepted":${lines},"rejected":[]}`);
    });
  })
  .listen('127.0.0.1', Number(process.argv[2]), (listening) => {
    if (!listening) process.exit(1);
    console.log('ready');
  });
