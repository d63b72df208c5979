/**
 * Runs a command in the process of the tests, one at a time: starting a process costs half a second, and shows no more where it is about
 * what a command says. Those that take signals or standard input, or end the process themselves, need `cli.ts`.
 */
import { vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { isSetting } from '../../loadtest/harness/clean-environment.ts';
import type { CliResult } from './cli.ts';

export async function runHere(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const said = { stdout: '', stderr: '' };
  const before = process.exitCode;
  for (const name of Object.keys(process.env).filter(isSetting)) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const spies = [
    ...(['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said[name] += text;
        return true;
      }),
    ),
    vi.spyOn(console, 'log').mockImplementation((text) => {
      said.stdout += `${text}\n`;
    }),
  ];
  try {
    process.exitCode = 0;
    await run(args);
    return { code: Number(process.exitCode), signal: null, ...said };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
  }
}
