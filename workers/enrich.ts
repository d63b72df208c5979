/** Third stage: what the server knows beside what the client sent. Nothing here can reject an event. */
import type { Catalogue } from './catalogue.ts';
import { add, type Job } from './job.ts';

/** Device and agent of the sender, metadata of the track, and how much of it was played. */
export function enrich(job: Job, catalogue: Catalogue): void {
  const event = job.event;
  if (!event || job.rejected) return;
  const device = job.lane.device.entries((event.context as { device_type?: string } | undefined)?.device_type);
  if (device.count > 0) add(job, device);

  let duration = event.duration_ms as number | undefined;
  if (catalogue.size > 0 && event.track_id !== undefined) {
    const track = catalogue.entries(event.track_id as string);
    if (track) add(job, track);
    duration ??= catalogue.track(event.track_id as string)?.duration_ms;
  }
  const position = event.position_ms as number | undefined;
  if (position !== undefined && duration !== undefined && duration > 0)
    job.completion = Math.min(1, position / duration);
}
