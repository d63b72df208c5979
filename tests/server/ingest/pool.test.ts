/** The pool with real threads. */
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WorkerPool } from '../../../server/ingest/pool.ts';
import type { SlabTask } from '../../../workers/slab.ts';
import { SETTINGS } from '../../workers/slabs.ts';

const filename = fileURLToPath(new URL('./crashing-worker.mjs', import.meta.url));
const pools: WorkerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function pool(threads: number, atOnce?: number): WorkerPool {
  const made = new WorkerPool({ threads, settings: SETTINGS, filename, ...(atOnce !== undefined && { atOnce }) });
  pools.push(made);
  return made;
}

const slab = (first: number): SlabTask => ({ bytes: new Uint8Array([first]), sources: [], frames: [] });
const GOOD = 0;
const DEADLY = 1;
/** Which thread worked on it. */
const threadOf = (pool: WorkerPool) => pool.run(slab(GOOD)).then(({ events }) => events);

describe.each([
  { what: 'that starts one thread at once', atOnce: 1 },
  { what: 'that starts none before there is work', atOnce: 0 },
])('a pool $what', ({ atOnce }) => {
  it('goes on with a new thread where one dies', async () => {
    const workers = pool(1, atOnce);
    const first = await threadOf(workers);
    await expect(workers.run(slab(DEADLY))).rejects.toThrow();
    const second = await threadOf(workers);
    expect(second).not.toBe(first);
    expect(await threadOf(workers)).toBe(second);
    expect(workers.busy).toBe(0);
  });

  it('starts more threads for more work, up to its bound', async () => {
    const workers = pool(2, atOnce);
    const used = new Set<number>();
    while (used.size < 2)
      for (const thread of await Promise.all([1, 2, 3, 4].map(() => threadOf(workers)))) used.add(thread);
    for (let i = 0; i < 20; i++)
      for (const thread of await Promise.all([1, 2, 3, 4].map(() => threadOf(workers)))) used.add(thread);
    expect(used.size).toBe(2);
  });
});

it('is ready when a thread has done nothing, and says what keeps it from starting', async () => {
  await pool(1).start();
  const missing = new WorkerPool({ threads: 1, settings: SETTINGS, filename: `${filename}.missing` });
  pools.push(missing);
  await expect(missing.start()).rejects.toThrow('missing');
});
