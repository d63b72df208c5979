/** How fast a server could be that does nothing but store: transport, generator and Redis, with one XADD for whatever came in a turn. */
import type { Contender } from '../contenders/contender.ts';
import { startWithRedis } from '../contenders/with-redis.ts';

export const storedEcho: Contender = {
  name: 'stored-echo',
  title: 'uWebSockets.js stores frames by one XADD a turn and sends them back',
  isLimit: true,
  // What it stores are bytes of several connections in one; whoever loads it sees for itself whether everything is answered.
  start: async () => ({ ...(await startWithRedis('limits/stored-echo-server', 'echo')), verify: async () => null }),
};
