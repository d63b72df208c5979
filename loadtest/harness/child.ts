/** Child processes that never outlive this one, and are gone for certain after `kill`. */
import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { built } from '../../server/installation.ts';
import { cleanEnvironment } from './clean-environment.ts';
import { ownGroup } from './terminal.ts';

const TAIL_CHARACTERS = 8_000;
/** How long an end in order may take. */
const ORDERLY_MS = 30_000;
/** What is measured is what was built. */
export const CLI = built('cli/main.js');

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// Whoever listens too ends in order, and this is not the way.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(1);
  });
}

export class Child {
  readonly process: ChildProcess;
  /** Standard output; and the end of both outputs, to explain what went wrong. */
  stdout = '';
  tail = '';

  private constructor(child: ChildProcess) {
    this.process = child;
    running.add(child);
    child.on('exit', () => running.delete(child));
    child.on('error', (error) => {
      this.tail += error.message;
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout = (this.stdout + text).slice(-10 * TAIL_CHARACTERS);
      this.tail = (this.tail + text).slice(-TAIL_CHARACTERS);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.tail = (this.tail + text).slice(-TAIL_CHARACTERS);
    });
  }

  static node(args: readonly string[], env: Record<string, string> = {}): Child {
    const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment(env), ...ownGroup() };
    return new Child(spawn(process.execPath, [...args], options));
  }

  /** Any other program. */
  static program(command: string, args: readonly string[]): Child {
    return new Child(spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment({}) }));
  }

  /** A Node process that talks over IPC. */
  static forked(file: string, args: readonly string[]): Child {
    return new Child(
      fork(file, [...args], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        env: cleanEnvironment({}),
        execArgv: [],
        ...ownGroup(),
      }),
    );
  }

  get pid(): number {
    return this.process.pid!;
  }

  get ended(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Resolves with the exit code when it is gone; null after a signal. */
  async end(): Promise<number | null> {
    if (!this.ended) await once(this.process, 'close');
    return this.process.exitCode;
  }

  /** Resolves when it is gone. Rejects, when it is, if it had to be killed because it did not end in order. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL', orderlyMs = ORDERLY_MS): Promise<void> {
    if (this.ended) return;
    const gone = once(this.process, 'exit');
    let patient = true;
    const lose = () => {
      patient = false;
      this.process.kill('SIGKILL');
    };
    const timer = signal === 'SIGTERM' ? setTimeout(lose, orderlyMs) : undefined;
    this.process.kill(signal);
    await gone.finally(() => clearTimeout(timer));
    if (!patient) throw new Error(`it did not end within ${orderlyMs / 1000} s of ${signal}:\n${this.tail}`);
  }
}
