/** One slab through all stages: decode, judge, enrich, encode. Pure but for buffers that are kept between calls. */
import { Catalogue } from './catalogue.ts';
import { beginSlab, decodeFrame } from './decode.ts';
import { encodeUnits } from './encode.ts';
import { enrich } from './enrich.ts';
import type { Job } from './job.ts';
import { judge } from './judge.ts';
import { countKinds } from './kinds.ts';
import { Lane } from './lane.ts';
import { openResult, type PackedResult } from './packed-units.ts';
import type { WorkerSettings } from './settings.ts';
import type { SlabResult, SlabTask } from './slab.ts';

const NO_CATALOGUE = new Catalogue();

/**
 * The verdict of every event of the slab. `now` is a clock in ms for the durations only. Throws where a frame does not hold what it
 * announces; one bad event never fails its neighbours.
 */
export function processSlab(...task: Parameters<typeof packSlab>): SlabResult {
  return openResult(packSlab(...task));
}

/** The same, ready to be sent. */
export function packSlab(
  task: SlabTask,
  settings: WorkerSettings,
  now: () => number,
  catalogue: Catalogue = NO_CATALOGUE,
): PackedResult {
  const { bytes, sources, frames } = task;
  const slab = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const began = now();
  const lanes = sources.map((source, index) => new Lane(index, source, settings.partitions));
  const jobs: Job[] = [];
  beginSlab(catalogue.size > 0);
  for (const frame of frames) decodeFrame(slab, frame, lanes[frame.source]!, settings.limits.maxEventBytes, jobs);

  const decoded = now();
  for (const job of jobs) judge(job, settings);

  const judged = now();
  if (settings.enrichment) for (const job of jobs) enrich(job, catalogue);

  const enriched = now();
  for (const job of jobs) job.lane.place(job);
  const units = encodeUnits(slab, lanes, settings, task.out);

  const encoded = now();
  const micros = {
    total: (encoded - began) * 1000,
    decode: (decoded - began) * 1000,
    validate: (judged - decoded) * 1000,
    enrich: (enriched - judged) * 1000,
    encode: (encoded - enriched) * 1000,
  };
  return { units, micros, events: jobs.length, kinds: countKinds(jobs) };
}
