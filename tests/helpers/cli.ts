/** Runs the built `gapless` command as a user would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cleanEnvironment } from '../../loadtest/harness/clean-environment.ts';

const MAIN = path.resolve('dist/cli/main.js');

export interface CliResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  env?: Record<string, string>;
  stdin?: string;
  cwd?: string;
}

/** The command as a process, for those that go on until they are stopped. */
export function startCli(args: readonly string[], options: CliOptions = {}): ChildProcess {
  if (process.env.BUILD_FAILURE) throw new Error(`dist/ could not be built:\n${process.env.BUILD_FAILURE}`);
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: cleanEnvironment(options.env),
    cwd: options.cwd,
    stdio: 'pipe',
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin ?? '');
  return child;
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return finish(startCli(args, options));
}

/** What it said until it ended. */
export function finish(child: ChildProcess): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A folder of its own, and how to be rid of it. */
export function temporaryFolder(): { path: string; in: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'gapless-cli-'));
  return {
    path: folder,
    in: (name) => path.join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
