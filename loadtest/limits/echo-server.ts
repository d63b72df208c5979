/**
 * The transport alone: uWebSockets.js sends every message back as it came, in the callback that it came in. Nothing is decoded, validated or stored.
 *
 * A process of its own: `node limits/echo-server.js PORT`. Says `ready` on standard output.
 */
import { App } from 'uWebSockets.js';

const MAX_MESSAGE_BYTES = 64 * 1024;

App()
  .ws('/*', {
    maxPayloadLength: MAX_MESSAGE_BYTES,
    maxBackpressure: 64 * 1024 * 1024,
    message: (socket, message) => void socket.send(message, true),
  })
  .listen('127.0.0.1', Number(process.argv[2]), (listening) => {
    if (!listening) process.exit(1);
    console.log('ready');
  });
