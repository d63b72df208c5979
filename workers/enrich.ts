/** Third stage: what the server knows beside what the client sent. Nothing here can reject an event. */
import type { Catalogue } from './catalogue.ts';
import { add, type Job } from './job.ts';

/** Device and agent of the sender, metadata of the track, and how much of it was played. */
export function enrich(job: Job, catalogue: Catalogue): void {
  const { facts } = job;
  if (!facts || job.rejected) return;
  const device = job.lane.device.entries(facts.deviceType);
  if (device.count > 0) add(job, device);

  const { position, track } = facts;
  let { duration } = facts;
  if (catalogue.size > 0 && track !== undefined) {
    const entries = catalogue.entries(track);
    if (entries) add(job, entries);
    duration ??= catalogue.track(track)?.duration_ms;
  }
  if (position !== undefined && duration !== undefined && duration > 0)
    job.completion = Math.min(1, position / duration);
}
