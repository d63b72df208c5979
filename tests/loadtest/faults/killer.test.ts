import { expect, it } from 'vitest';
import { keepKilling } from '../../../loadtest/faults/killer.ts';
import { Random } from '../../../loadtest/listeners/random.ts';

const soon = { soonestMs: 1, latestMs: 5 };

it('strikes until the other is over, and then no more', async () => {
  let over = (): void => undefined;
  const running = new Promise<void>((resolve) => {
    over = resolve;
  });
  let strikes = 0;
  const kills = await keepKilling(
    new Random(1),
    running,
    async () => {
      if (++strikes === 2) over();
    },
    soon,
  );
  expect([kills, strikes]).toEqual([2, 2]);
});

it('does not strike what is over already, however it ended', async () => {
  const failed = Promise.reject(new Error('over'));
  expect(await keepKilling(new Random(1), failed, () => Promise.reject(new Error('struck')), soon)).toBe(0);
});

it('tells when striking fails', async () => {
  const forever = new Promise(() => undefined);
  const fails = () => Promise.reject(new Error('cannot'));
  await expect(keepKilling(new Random(1), forever, fails, soon)).rejects.toThrow('cannot');
});
