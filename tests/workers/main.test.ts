/** The worker thread as the pool runs it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { afterEach, expect, it } from 'vitest';
import { type PackedTask, packTask } from '../../workers/packed-task.ts';
import { openResult, type PackedResult } from '../../workers/packed-units.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import { event, outcome, run, SETTINGS, slab } from './slabs.ts';

const pools: Piscina<PackedTask, PackedResult>[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.destroy();
});

function pool(settings: WorkerSettings): Piscina<PackedTask, PackedResult> {
  const made = new Piscina<PackedTask, PackedResult>({
    filename: fileURLToPath(new URL('../../workers/main.ts', import.meta.url)),
    execArgv: ['--import', 'tsx'],
    workerData: settings,
    minThreads: 1,
    maxThreads: 1,
    atomics: 'async',
  });
  pools.push(made);
  return made;
}

it('works on slabs and hands back one buffer', async () => {
  const frames = [{ events: [event({ id: 'x' }), event({ action: 'zap' }), event({ user_id: 'u-2' })] }];
  const task = slab(frames);
  const transferred = Uint8Array.from(task.bytes);
  const transferList = [transferred.buffer];
  const result = openResult(await pool(SETTINGS).run(packTask({ ...task, bytes: transferred }), { transferList }));
  expect(transferred.length).toBe(0);
  expect(JSON.stringify(outcome(result))).toBe(JSON.stringify(outcome(run(frames))));
  for (const { bytes, stored } of result.units) if (stored > 0) expect(bytes.buffer).toBe(result.buffer);
  expect(result.micros.total).toBeGreaterThan(0);
});

it('loads the catalogue once, and a slab that breaks it leaves the next alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-worker-'));
  const cataloguePath = join(folder, 'tracks.csv');
  writeFileSync(cataloguePath, 'id,artist\nt-1,Nina\n');
  const workers = pool({ ...SETTINGS, cataloguePath });
  const broken = slab([{ events: [event()], count: 2 }]);
  await expect(workers.run(packTask(broken))).rejects.toThrow();
  rmSync(folder, { recursive: true });
  const { stored } = outcome(openResult(await workers.run(packTask(slab([{ events: [event()] }])))));
  expect(stored[0]?.track).toEqual({ artist: 'Nina' });
});
