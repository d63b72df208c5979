/**
 * How fast the transport and the generator are with nothing behind them. Stores nothing; what counts is that each frame comes back. Here the
 * generator may be the bottleneck.
 */
import type { Contender } from '../contenders/contender.ts';
import { PeerServer } from '../harness/peer-server.ts';
import { cpuSeconds } from '../harness/proc.ts';

export const echo: Contender = {
  name: 'echo',
  title: 'uWebSockets.js sends the same frames back',
  async start() {
    const server = await PeerServer.start('limits/echo-server', []);
    return {
      url: server.url,
      wire: 'echo',
      server: server.child,
      redis: null,
      cpu: () => ({ 'server, main thread': cpuSeconds(server.child.pid).total }),
      metrics: async () => null,
      // Nothing is stored: the connections themselves see whether each frame comes back.
      verify: async () => null,
      stop: () => server.stop(),
    };
  },
};
