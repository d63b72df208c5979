/** Processes that a run starts and takes away. */
import { expect, it } from 'vitest';
import { Child } from '../../../loadtest/harness/child.ts';
import { until } from '../../../loadtest/harness/until.ts';

async function started(program: string): Promise<Child> {
  const child = Child.node(['-e', `${program};console.log('ready');setInterval(() => {}, 1000)`]);
  await until('it is ready', 20_000, () => child.stdout.includes('ready'));
  return child;
}

it('waits for an end in order', async () => {
  const child = await started(`process.on('SIGTERM', () => process.exit(0))`);
  await child.kill('SIGTERM');
  expect([child.ended, child.process.exitCode]).toEqual([true, 0]);
});

it('does not wait for ever: who will not end is killed, and that is said', async () => {
  const child = await started(`process.on('SIGTERM', () => console.log('no'))`);
  await expect(child.kill('SIGTERM', 1_000)).rejects.toThrow(/did not end within 1 s of SIGTERM:[\s\S]*no/);
  expect(child.process.signalCode).toBe('SIGKILL');
  await child.kill();
});
