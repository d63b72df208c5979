/** A peer or a limit as a process of its own: a file of `loadtest/` that listens on a given port and says `ready`. */

import { built } from '../../server/installation.ts';
import { freePort } from '../redis-server.ts';
import { Child } from './child.ts';
import { until } from './until.ts';

const START_MS = 20_000;
/** A larger young generation helps them. Without helper threads for garbage, which Gapless does not want, they would be slower: they need one core only. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

export class NodeServer {
  readonly url: string;
  readonly child: Child;

  private constructor(port: number, child: Child) {
    this.url = `ws://127.0.0.1:${port}`;
    this.child = child;
  }

  /** `file` is its name in `loadtest/`, without extension; the port is its first argument. Resolves when it is ready. */
  static async start(file: string, args: readonly (string | number)[]): Promise<NodeServer> {
    const port = await freePort();
    const child = Child.node([...NODE_FLAGS, built(`loadtest/${file}.js`), String(port), ...args.map(String)]);
    await until(`${file} is ready`, START_MS, () => {
      if (child.ended) throw new Error(`${file} ended:\n${child.tail}`);
      return child.stdout.includes('ready');
    }).catch(async (error) => {
      await child.kill();
      throw error;
    });
    return new NodeServer(port, child);
  }

  async stop(): Promise<void> {
    await this.child.kill('SIGTERM');
  }
}
