/** Who can be put under load, by name. */
import type { Contender } from './contender.ts';
import { fastify } from './fastify.ts';
import { embedded, redis } from './gapless.ts';
import { nats } from './nats.ts';
import { socketIo, socketIoUws } from './socket-io.ts';
import { handPipelined, straightforward } from './straightforward.ts';

export const CONTENDERS: readonly Contender[] = [
  embedded,
  redis,
  straightforward,
  handPipelined,
  socketIo,
  socketIoUws,
  nats,
  fastify,
];
