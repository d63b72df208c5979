/** A redis-server of its own: own port, own folder, gone afterwards. For load tests and for the suites in `tests/`. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { makeTemporaryFolder, removeTemporaryFolder } from './harness/temporary.ts';
import { ownGroup } from './harness/terminal.ts';

/** Directives of redis.conf, like `{ appendonly: 'yes' }`. */
export type RedisDirectives = Record<string, string | number>;

const QUIET: RedisDirectives = { save: '', bind: '127.0.0.1', daemonize: 'no', 'repl-diskless-sync-delay': 0 };

/** What still runs when this process is ended early ends with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Why redis-server cannot be started here; null if it can. */
export function whyNoRedis(): string | null {
  const found = spawnSync('redis-server', ['--version'], { encoding: 'utf8' });
  return found.error
    ? `redis-server cannot be started (${found.error.message}); scripts/setup-tests.sh installs it`
    : null;
}

export class RedisServer {
  readonly port: number;
  readonly folder: string;
  private readonly args: readonly string[];
  private readonly clients: Redis[] = [];
  private process: ChildProcess | null = null;
  private output = '';
  private shared: Redis | null = null;

  /** `args` are all arguments of redis-server. */
  constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.args = args;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Starts the process. Resolves when it accepts connections; with `untilReady` false as soon as its port is open (it may still be loading). */
  async start({ untilReady = true } = {}): Promise<void> {
    const child = spawn('redis-server', this.args, { stdio: ['ignore', 'pipe', 'pipe'], ...ownGroup() });
    this.process = child;
    running.add(child);
    child.on('exit', () => running.delete(child));
    this.output = '';
    const said = untilReady ? /Ready to accept connections|Sentinel ID is/ : /Server initialized|Sentinel ID is/;
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.output = (this.output + chunk).slice(-20_000);
        if (said.test(this.output)) resolve();
      };
      child.stdout!.on('data', hear);
      child.stderr!.on('data', hear);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${this.output}`)));
    });
  }

  /** Sends a signal; for SIGKILL and SIGTERM resolves when the process is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = signal === 'SIGKILL' || signal === 'SIGTERM' ? once(child, 'exit') : null;
    child.kill(signal);
    await gone;
  }

  /** Starts the process again on the same port and folder. */
  async restart(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM', options?: { untilReady?: boolean }): Promise<void> {
    await this.kill(signal);
    await this.start(options);
  }

  /** The same client each time. */
  sharedClient(): Redis {
    this.shared ??= this.client();
    return this.shared;
  }

  /** A client for whoever drives the server; it queues and repeats as ioredis does by default. */
  client(): Redis {
    const client = new Redis({ host: '127.0.0.1', port: this.port, replyMapping: 'legacy' });
    client.on('error', () => {});
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    await this.kill('SIGCONT');
    await this.kill('SIGKILL');
    await removeTemporaryFolder(this.folder);
  }
}

/** Starts a redis-server on a free port. */
export async function startRedis(directives: RedisDirectives = {}): Promise<RedisServer> {
  const folder = await makeTemporaryFolder('gapless-redis-');
  const port = await freePort();
  const settings = { ...QUIET, ...directives, port, dir: folder };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...words(value)]);
  return started(new RedisServer(port, folder, args));
}

/** Starts a Sentinel that watches one master under this name and fails over quickly. */
export async function startSentinel(name: string, master: RedisServer): Promise<RedisServer> {
  const folder = await makeTemporaryFolder('gapless-sentinel-');
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const watch = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 2000`,
  ];
  await writeFile(file, ['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, ...watch, ''].join('\n'));
  return started(new RedisServer(port, folder, [file, '--sentinel']));
}

async function started(server: RedisServer): Promise<RedisServer> {
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function words(value: string | number): string[] {
  return value === '' ? [''] : String(value).split(' ');
}
