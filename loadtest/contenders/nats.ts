/**
 * NATS JetStream over WebSocket. Publishers speak to nats-server itself, which stores what it gets: it does not validate. A process of Node in
 * between that validates would cost more than everything that NATS does, and no NATS would be run like that; so here NATS does less than the others,
 * and its acknowledgement promises less than fsync (see `nats-server.ts`). Both are in its favour. Events go in MessagePack, the very bytes that Gapless gets.
 */
import { cpuSeconds } from '../harness/proc.ts';
import { NatsServer, whyNoNats } from '../nats-server.ts';
import type { Contender } from './contender.ts';
import { countVerdict } from './count-verdict.ts';
import { whyNotInstalled } from './installed.ts';

export const nats: Contender = {
  name: 'nats',
  title: 'NATS JetStream over WebSocket (no validation)',
  missing: () => whyNoNats() ?? whyNotInstalled('@nats-io/nats-core', '@nats-io/jetstream'),
  async start() {
    const server = await NatsServer.start();
    return {
      url: server.url,
      wire: 'nats',
      server: server.child,
      redis: null,
      cpu: () => ({ 'server, other threads': cpuSeconds(server.child.pid).total }),
      metrics: async () => null,
      verify: async (sent) => countVerdict(await server.stored(), sent),
      stop: () => server.stop(),
    };
  },
};
