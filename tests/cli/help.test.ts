import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { makeProgram } from '../../cli/program.ts';
import { loadtestCommand } from '../../loadtest/command.ts';
import { runCli } from '../helpers/cli.ts';

/** Every command with its subcommands, by its name. */
function names(command: Command, prefix: readonly string[] = []): string[] {
  return [prefix.join(' '), ...command.commands.flatMap((sub) => names(sub, [...prefix, sub.name()]))];
}

/** What it prints, without a process of its own. */
async function help(command: string): Promise<string> {
  let text = '';
  const program = makeProgram();
  const capture = (one: Command): void => {
    one.configureOutput({ writeOut: (more) => (text += more) });
    for (const sub of one.commands) capture(sub);
  };
  capture(program);
  const args = [...command.split(' ').filter(Boolean), '--help'];
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 0 });
  return text;
}

/** They are loaded when they are called. */
const LOADTEST = names(loadtestCommand('loadtest'), ['loadtest']).slice(1);

it.each([...names(makeProgram()), ...LOADTEST])('gapless %s --help shows usage and examples', async (command) => {
  const text = await help(command);
  expect(text).toContain(`Usage: gapless${command ? ` ${command}` : ''}`);
  expect(text).toMatch(/^Examples?:$/m);
  // Two columns of a terminal that is not wide are cut, not wrapped: keep what is written by hand within 140.
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
});

it('goes to standard output, with exit code 0', async () => {
  const { code, stdout, stderr } = await runCli(['features', 'erase', '--help']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Usage: gapless features erase');
});

it('says its version', async () => {
  const { stdout } = await runCli(['--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('shows the help where no command is given, and fails', async () => {
  const { code, stderr } = await runCli([]);
  expect(code).toBe(1);
  expect(stderr).toContain('Usage: gapless');
});
