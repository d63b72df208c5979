import { expect, it } from 'vitest';
import { keepKilling } from '../../../loadtest/faults/killer.ts';
import { Random } from '../../../loadtest/listeners/random.ts';

const random = new Random(1);
const between = { least: 1, most: 5 };
/** Goes on by one with each look. */
function steadily(): () => Promise<number> {
  let done = 0;
  return async () => done++;
}
const forever = new Promise(() => undefined);

it('strikes until the other is over, and then no more', async () => {
  let over = (): void => undefined;
  const until = new Promise<void>((resolve) => {
    over = resolve;
  });
  let strikes = 0;
  const strike = async () => {
    if (++strikes === 2) over();
  };
  expect(await keepKilling({ random, until, strike, progress: steadily(), between })).toBe(2);
  expect(strikes).toBe(2);
});

it('strikes only where something was done since, also where counting begins anew', async () => {
  let done = 0;
  let looks = 0;
  const seen: [done: number, looks: number][] = [];
  const progress = async () => {
    looks++;
    if (looks < 4) throw new Error('it is starting');
    return looks < 8 ? done : ++done;
  };
  const strike = async () => {
    seen.push([done, looks]);
    done = 0;
    looks = 0;
    if (seen.length === 3) throw new Error('enough');
  };
  done = 1_000;
  await expect(keepKilling({ random, until: forever, strike, progress, between })).rejects.toThrow('enough');
  expect(seen[0]![0]).toBeGreaterThan(1_000);
  for (const [at, looked] of seen) {
    expect(at).toBeGreaterThan(0);
    expect(looked).toBeGreaterThanOrEqual(8);
  }
});

it('does not strike what is over already, however it ended', async () => {
  const failed = Promise.reject(new Error('over'));
  const strike = () => Promise.reject(new Error('struck'));
  expect(await keepKilling({ random, until: failed, strike, progress: steadily(), between })).toBe(0);
});

it('tells when striking fails', async () => {
  const strike = () => Promise.reject(new Error('cannot'));
  const killing = keepKilling({ random, until: forever, strike, progress: steadily(), between });
  await expect(killing).rejects.toThrow('cannot');
});
