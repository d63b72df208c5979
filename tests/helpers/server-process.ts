/** A server as a process of its own, to be killed and started again on the same data. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startCli } from './cli.ts';

export class ServerProcess {
  readonly port: number;
  private readonly env: Record<string, string>;
  private child: ChildProcess | null = null;

  /** `env` as for a real server; the port must be free. */
  constructor(port: number, env: Record<string, string>) {
    this.port = port;
    // Many servers share the cores of a test machine: one worker each starts sooner.
    const own = { GAPLESS_LOG_LEVEL: 'silent', GAPLESS_MIN_FREE_BYTES: '0', GAPLESS_WORKERS: '1' };
    this.env = { ...own, ...env, GAPLESS_PORT: String(port) };
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Resolves when it listens. */
  async start(): Promise<void> {
    const child = startCli(['serve'], { env: this.env });
    this.child = child;
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    await new Promise<void>((resolve, reject) => {
      child.once('close', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
      child.stdout?.setEncoding('utf8').on('data', (text: string) => text.includes('listens on') && resolve());
      child.stderr?.on('data', (text: string) => text.includes('listens on') && resolve());
    });
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGSTOP: it stands still until `resume`. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** SIGTERM; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  /** One metric's value, 0 where it is missing. */
  async metric(line: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.port}/metrics`)).text();
    const found = text.split('\n').find((one) => one.startsWith(`${line} `));
    return Number(found?.slice(line.length + 1) ?? 0);
  }
}
