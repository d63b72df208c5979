/** How fast HTTP and its generator are with nothing behind them. Stores nothing: what counts is that each request is answered. */
import type { Contender } from '../contenders/contender.ts';
import { PeerServer } from '../harness/peer-server.ts';
import { cpuSeconds } from '../harness/proc.ts';

export const count: Contender = {
  name: 'count',
  title: 'uWebSockets.js counts the lines',
  async start() {
    const server = await PeerServer.start('limits/count-server', []);
    return {
      url: server.url,
      wire: null,
      http: 'plain',
      server: server.child,
      redis: null,
      cpu: () => ({ 'server, main thread': cpuSeconds(server.child.pid).total }),
      metrics: async () => null,
      verify: async () => null,
      stop: () => server.stop(),
    };
  },
};
