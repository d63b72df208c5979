/** The straightforward stack's process. */
import path from 'node:path';
import { freePort } from '../redis-server.ts';
import { BUILT, Child } from './child.ts';
import { until } from './until.ts';

const START_MS = 20_000;

export class StraightforwardServer {
  readonly url: string;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.url = `ws://127.0.0.1:${port}`;
    this.child = child;
  }

  static async start(redisPort: number): Promise<StraightforwardServer> {
    const port = await freePort();
    const child = Child.node([path.join(BUILT, 'loadtest/peers/straightforward.js'), String(port), String(redisPort)]);
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
