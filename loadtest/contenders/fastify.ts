/** Fastify with an XADD per event: the peer over HTTP. */
import type { Contender } from './contender.ts';
import { whyNotInstalled } from './installed.ts';
import { startWithRedis } from './with-redis.ts';

export const fastify: Contender = {
  name: 'fastify',
  title: 'Fastify + zod + XADD per event (everysec)',
  missing: () => whyNotInstalled('fastify'),
  start: async () => ({ ...(await startWithRedis('peers/fastify', null)), http: 'plain' }),
};
