import { expect, it } from 'vitest';
import { runCli } from '../helpers/cli.ts';

const COMMANDS = [
  '',
  'serve',
  'send',
  'verify',
  'simulate',
  'evaluate',
  'log',
  'log read',
  'log tail',
  'log stats',
  'dlq',
  'dlq list',
];

it.each(COMMANDS)('gapless %s --help shows usage and examples', async (command) => {
  const { code, stdout, stderr } = await runCli([...command.split(' ').filter(Boolean), '--help']);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(stdout).toContain(`Usage: gapless${command ? ` ${command}` : ''}`);
  expect(stdout).toContain('Examples:');
  // Two columns of a terminal that is not wide are cut, not wrapped: keep what is written by hand within 140.
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(140);
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
