/** Child processes of tests, by line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export class TestProcess {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly ended: Promise<unknown>;
  private readonly waiting = new Set<() => void>();

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'close').finally(() => this.look());
    createInterface(this.child.stdout!).on('line', (line) => {
      this.lines.push(line);
      this.look();
    });
  }

  private look(): void {
    for (const check of this.waiting) check();
  }

  /** When there are so many lines, or the process has ended. */
  until(lines: number): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.lines.length < lines && this.child.exitCode === null && this.child.signalCode === null) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** Ended with the test. */
export function startProcess(command: string, ...args: string[]): TestProcess {
  const child = new TestProcess(command, args);
  onTestFinished(() => child.kill());
  return child;
}

/** Runs a TypeScript file; ended with the test. */
export function startScript(file: string, ...args: (string | number)[]): TestProcess {
  return startProcess(process.execPath, ...scriptArgs(file, ...args));
}
export function scriptArgs(file: string, ...args: (string | number)[]): string[] {
  return ['--import', 'tsx', file, ...args.map(String)];
}

/** A directory for the data of one test. */
export function temporaryDirectory(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'gapless.test-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
