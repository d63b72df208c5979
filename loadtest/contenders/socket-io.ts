/** Socket.IO with acknowledgements and an XADD per event, on its two engines. */
import type { Contender } from './contender.ts';
import { whyNotInstalled } from './installed.ts';
import { startWithRedis } from './with-redis.ts';

function socketIoOn(name: string, title: string, engine: 'ws' | 'uws'): Contender {
  return {
    name,
    title,
    missing: () => whyNotInstalled('socket.io'),
    start: () => startWithRedis('peers/socket-io', 'socket-io', [engine]),
  };
}

export const socketIo = socketIoOn('socket-io', 'Socket.IO + zod + XADD per event (everysec)', 'ws');
export const socketIoUws = socketIoOn('socket-io-uws', 'the same on uWebSockets.js', 'uws');
