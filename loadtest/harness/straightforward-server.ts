/** The straightforward stack's process. */
import path from 'node:path';
import { freePort } from '../redis-server.ts';
import { BUILT, Child } from './child.ts';
import { until } from './until.ts';

const START_MS = 20_000;
/** A larger young generation helps it. Without helper threads for garbage, which Gapless does not want, it would be slower: it needs one core only. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

/** How the XADDs of a message travel: gathered by ioredis, or as one pipeline for each message. */
export type Pipelining = 'auto' | 'message';

export class StraightforwardServer {
  readonly url: string;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.url = `ws://127.0.0.1:${port}`;
    this.child = child;
  }

  static async start(redisPort: number, pipelining: Pipelining = 'auto'): Promise<StraightforwardServer> {
    const port = await freePort();
    const file = path.join(BUILT, 'loadtest/peers/straightforward.js');
    const child = Child.node([...NODE_FLAGS, file, String(port), String(redisPort), pipelining]);
    await until('the straightforward stack is ready', START_MS, () => {
      if (child.ended) throw new Error(`the straightforward stack ended:\n${child.tail}`);
      return child.stdout.includes('ready');
    });
    return new StraightforwardServer(port, child);
  }

  async stop(): Promise<void> {
    await this.child.kill('SIGTERM');
  }
}
