/** The entry of a worker thread: Piscina calls the default export with one slab at a time. */
import { workerData } from 'node:worker_threads';
// biome-ignore lint/style/noRestrictedImports: only Piscina.move() can say which buffer of a result is transferred
import { Piscina } from 'piscina';
import { loadCatalogue } from './catalogue.ts';
import { openTask, type PackedTask } from './packed-task.ts';
import type { PackedResult } from './packed-units.ts';
import { packSlab } from './process-slab.ts';
import type { WorkerSettings } from './settings.ts';

// A rejection that nobody waits for would fail a later, innocent slab; a thread that ends fails only its own, and is replaced.
process.on('unhandledRejection', () => process.exit(1));

const settings = workerData as WorkerSettings;
const catalogue = settings.cataloguePath ? loadCatalogue(settings.cataloguePath) : undefined;

/** Answers what `openResult` opens. Its buffer and the task's own are transferred, not copied. */
export default async function work(packed: PackedTask): Promise<PackedResult> {
  const task = openTask(packed);
  const result = packSlab(task, settings, () => performance.now(), catalogue);
  return transferred({ input: task.bytes.buffer as ArrayBuffer, ...result });
}

/** What Piscina takes for "send this value and transfer these buffers". It unwraps it again, so the caller sees the result itself. */
function transferred(result: PackedResult): PackedResult {
  const envelope = {
    [Piscina.transferableSymbol]: result.input ? [result.units.buffer, result.input] : [result.units.buffer],
    [Piscina.valueSymbol]: result,
  };
  return Piscina.move(envelope as unknown as ArrayBuffer) as unknown as PackedResult;
}
