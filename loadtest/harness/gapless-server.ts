/** The server under test: `gapless serve` from the build, as a process of its own on a fixed port. */
import { readFileSync } from 'node:fs';
import { freePort } from '../redis-server.ts';
import { Child, CLI } from './child.ts';
import { Samples } from './exposition.ts';
import { until } from './until.ts';

const START_MS = 30_000;
const ASK_MS = 5_000;

/** What the command itself runs with. */
export const serverArgs = () => flagsOf(CLI);

export interface GaplessServerOptions {
  /** Settings by their names, beside host, port and log level. */
  env: Record<string, string>;
  /** Arguments for Node, like `--cpu-prof`; default: `serverArgs()`. */
  nodeArgs?: readonly string[] | undefined;
}

export class GaplessServer {
  readonly port: number;
  private readonly options: GaplessServerOptions;
  private child: Child | null = null;

  private constructor(port: number, options: GaplessServerOptions) {
    this.port = port;
    this.options = options;
  }

  /** Resolves when it is ready. */
  static async start(options: GaplessServerOptions): Promise<GaplessServer> {
    const server = new GaplessServer(await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid;
  }

  /** The end of what it said. */
  get said(): string {
    return this.child?.tail ?? '';
  }

  /** Starts it, after `kill` or `stop` again on the same port. */
  async start(): Promise<void> {
    const { env, nodeArgs = serverArgs() } = this.options;
    const settings = { GAPLESS_PORT: String(this.port), GAPLESS_LOG_LEVEL: 'warn', ...env };
    const child = Child.node([...nodeArgs, CLI, 'serve'], settings);
    this.child = child;
    await until('the server is ready', START_MS, () => {
      if (child.ended) throw new Error(`the server ended with ${child.process.exitCode}:\n${child.tail}`);
      return this.isReady();
    }).catch(async (error) => {
      await child.kill();
      throw error;
    });
  }

  private async isReady(): Promise<boolean> {
    const answer = await this.get('/health/ready').catch(() => null);
    return answer?.ok === true;
  }

  private get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { signal: AbortSignal.timeout(ASK_MS) });
  }

  async metrics(): Promise<Samples> {
    return new Samples(await (await this.get('/metrics')).text());
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.child?.kill('SIGKILL');
  }

  /** SIGTERM; resolves with its exit code when it is gone. */
  async stop(): Promise<number | null> {
    await this.child?.kill('SIGTERM');
    return this.child?.process.exitCode ?? null;
  }
}

/** What stands in a script's first line behind `node`. */
function flagsOf(script: string): string[] {
  const [first = ''] = readFileSync(script, 'utf8').split('\n', 1);
  return first.split(' ').filter((word) => word.startsWith('--'));
}
