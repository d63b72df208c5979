import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbeddedGroupDirectory } from '../../../../server/consumer/embedded/directory.ts';
import { openEmbeddedGroups } from '../../../../server/consumer/embedded/groups.ts';
import { until } from '../../../helpers/redis-server.ts';
import { startScript, temporaryDirectory } from '../../../helpers/test-process.ts';

const HOLDER = join(import.meta.dirname, '..', 'children', 'holder.ts');

test('kill -9 of an owner in the middle of its commits: no lock stays, its lease runs out, its position stands', async () => {
  const dir = temporaryDirectory();
  let fence = 0;
  for (let kill = 0; kill < 2; kill++) {
    const holder = startScript(HOLDER, dir, `child-${kill}`, 250);
    await holder.until(5 + Math.floor(Math.random() * 60));
    await holder.kill();
    const [held, said] = holder.lines.at(-1)!.split(' ').map(Number) as [number, number];
    expect(held).toBeGreaterThan(fence);
    const groups = await openEmbeddedGroups({ dir, group: 'processor' });
    const lease = await until(() => groups.acquire(0, 'parent', 60_000));
    expect(lease.fence).toBeGreaterThan(held);
    const { position } = (await groups.progress())[0]!;
    // The last commit may stand without having been said.
    expect(position - said).toBeLessThanOrEqual(1);
    expect(position).toBeGreaterThanOrEqual(said);
    expect(await groups.commit(lease, position, position + 1)).toBe(true);
    await groups.release(lease);
    await groups.close();
    fence = lease.fence;
  }
});

test('a paused owner keeps nobody waiting, and wakes up without its lease', async () => {
  const dir = temporaryDirectory();
  const holder = startScript(HOLDER, dir, 'sleeper', 200);
  await holder.until(10);
  const groups = await openEmbeddedGroups({ dir, group: 'processor' });
  // It may be stopped just where it holds LMDB's lock: then it is let go on, and stopped elsewhere. It may also win its lease back by then.
  let lease = null;
  while (!lease) {
    holder.child.kill('SIGSTOP');
    let stuck = false;
    const taken = until(async () => (await groups.acquire(0, 'parent', 60_000)) ?? (stuck && 'given up'));
    lease = await Promise.race([taken, new Promise<null>((resolve) => setTimeout(resolve, 1_000, null))]);
    if (lease) break;
    stuck = true;
    holder.child.kill('SIGCONT');
    const late = await taken;
    if (late !== 'given up') await groups.release(late);
    await holder.until(holder.lines.length + 5);
  }
  if (lease === 'given up') throw new Error('nobody gave up');
  const { position } = (await groups.progress())[0]!;
  holder.child.kill('SIGCONT');
  for (let next = position; next < position + 50; next++) expect(await groups.commit(lease, next, next + 1)).toBe(true);
  expect(await groups.renew(lease, 60_000)).toBe(true);
  expect(await groups.progress()).toMatchObject([{ position: position + 50 }]);
  await groups.close();
});

test('a directory of what is not there yet knows no group, and then those that come', async () => {
  const dir = join(temporaryDirectory(), 'groups');
  const directory = await openEmbeddedGroupDirectory({ dir });
  expect(await directory.groups()).toEqual([]);
  await directory.forget('nobody');
  const groups = await openEmbeddedGroups({ dir, group: 'g' });
  await groups.join('m', 60_000);
  expect(await directory.groups()).toEqual([{ group: 'g', progress: [] }]);
  await groups.close();
  await directory.close();
});
