/** The straightforward stack, in two forms. */
import type { Contender } from './contender.ts';
import { startWithRedis } from './with-redis.ts';

/** How the XADDs of a message travel: gathered by ioredis, or as one pipeline for each message. */
type Pipelining = 'auto' | 'message';

function straightforwardWith(name: string, title: string, pipelining: Pipelining): Contender {
  return { name, title, start: () => startWithRedis('peers/straightforward', 'straightforward', [pipelining]) };
}

/** What everybody is compared with. */
export const straightforward = straightforwardWith(
  'straightforward',
  'ws + JSON + zod + XADD per event (everysec)',
  'auto',
);
export const handPipelined = straightforwardWith(
  'hand-pipelined',
  'the same, a pipeline per message by hand',
  'message',
);
