/** The pool with real threads. */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { DisposablePool } from '../../../server/ingest/disposable-pool.ts';
import { WorkerPool } from '../../../server/ingest/pool.ts';
import type { SlabTask } from '../../../workers/slab.ts';
import { SETTINGS } from '../../workers/slabs.ts';

const filename = fileURLToPath(new URL('./crashing-worker.mjs', import.meta.url));
const pools: WorkerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function pool(threads: number): WorkerPool {
  const made = new WorkerPool({ threads, settings: SETTINGS, filename });
  pools.push(made);
  return made;
}

const slab = (first: number): SlabTask => ({ bytes: new Uint8Array([first]), sources: [], frames: [] });
const GOOD = 0;
const DEADLY = 1;
/** Which thread worked on it. */
const threadOf = (pool: Pick<WorkerPool, 'run'>) => pool.run(slab(GOOD)).then(({ events }) => events);

it('goes on with a new thread where one dies', async () => {
  const workers = pool(1);
  const first = await threadOf(workers);
  await expect(workers.run(slab(DEADLY))).rejects.toThrow();
  const second = await threadOf(workers);
  expect(second).not.toBe(first);
  expect(await threadOf(workers)).toBe(second);
  expect(workers.busy).toBe(0);
});

/** Resolves when each of its threads has worked. */
async function allThreadsUsed(workers: WorkerPool): Promise<void> {
  const used = new Set<number>();
  while (used.size < workers.threads) {
    for (const thread of await Promise.all([1, 2, 3, 4].map(() => threadOf(workers)))) used.add(thread);
  }
}

it('works with all its threads', async () => {
  await allThreadsUsed(pool(2));
});

/** Of each thread of this process: its nice level, by id (proc_pid_stat(5), field 19). */
function niceLevels(): Map<string, number> {
  const level = (thread: string) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  };
  return new Map(readdirSync('/proc/self/task').map((thread) => [thread, level(thread)]));
}

it('gives way to the threads that answer', async () => {
  const before = niceLevels();
  const workers = pool(2);
  await allThreadsUsed(workers);
  const added = [...niceLevels()].filter(([thread]) => !before.has(thread)).map(([, level]) => level);
  expect(added.filter((level) => level > getPriority())).toHaveLength(2);
  expect(niceLevels().get(String(process.pid))).toBe(getPriority());
});

describe('a pool that is made when there is work', () => {
  it('is made anew after a failure', async () => {
    const disposable = new DisposablePool({ settings: SETTINGS, filename });
    const first = await threadOf(disposable);
    expect(await threadOf(disposable)).toBe(first);
    for (let deaths = 0; deaths < 3; deaths++) await expect(disposable.run(slab(DEADLY))).rejects.toThrow();
    expect(await threadOf(disposable)).not.toBe(first);
    await disposable.close();
    await disposable.close();
  });

  it('says each time that its thread cannot start', async () => {
    const disposable = new DisposablePool({ settings: SETTINGS, filename: `${filename}.missing` });
    for (let tries = 0; tries < 3; tries++) await expect(disposable.run(slab(GOOD))).rejects.toThrow('missing');
    await disposable.close();
  });
});

it('is ready when a thread has done nothing, and says what keeps it from starting', async () => {
  await pool(1).start();
  const missing = new WorkerPool({ threads: 1, settings: SETTINGS, filename: `${filename}.missing` });
  pools.push(missing);
  await expect(missing.start()).rejects.toThrow('missing');
});
