/** Which way events take. That the ways agree is shown by `agreement.test.ts` and `quick-read.test.ts`. */
import { describe, expect, it } from 'vitest';
import { beginSlab, decodeFrame } from '../../workers/decode.ts';
import type { Job } from '../../workers/job.ts';
import { Lane } from '../../workers/lane.ts';
import type { SlabFormat } from '../../workers/slab.ts';
import { event, type FrameDraft, NOW, SETTINGS, SOURCE, slab } from './slabs.ts';

/** An order of fields is learned key by key. */
const often = (value: unknown): unknown[] => new Array<unknown>(40).fill(value);

const decoded = (format: SlabFormat, events: readonly unknown[], userId?: string) => decode({ events, format }, userId);
const decodedBytes = (format: SlabFormat, bytes: Uint8Array, count: number) => decode({ bytes, count, format });

function decode(frame: FrameDraft, userId?: string): Job[] {
  const { bytes, frames } = slab([frame]);
  const jobs: Job[] = [];
  beginSlab(false);
  const lane = new Lane(0, { ...SOURCE, userId }, SETTINGS.partitions);
  decodeFrame(Buffer.from(bytes), frames[0]!, lane, SETTINGS.limits.maxEventBytes, jobs);
  return jobs;
}

describe.each(['msgpack', 'json', 'ndjson'] as const)('%s', (format) => {
  it('is read quickly once the order of its fields has come before', () => {
    const usual = event({ position_ms: 1, duration_ms: 2, user_id: 'u-2', action: 'play' });
    const jobs = decoded(format, [...often(usual), event({ position_ms: 70_000, duration_ms: 2, action: 'jump' })]);
    expect(jobs[0]).toMatchObject({ userId: 'u-2', rejected: null });
    expect(jobs.at(-2)).toMatchObject({
      userId: 'u-2',
      event: null,
      facts: { timestamp: NOW, position: 1, duration: 2 },
    });
    // What the quick way does not know the long way judges.
    expect(jobs.at(-1)).toMatchObject({ userId: 'u-1', event: { action: 'jump' }, facts: null });
  });

  it('goes the long way where its user is not the one of the token', () => {
    expect(decoded(format, often(event()), 'u-1').at(-1)).toMatchObject({ userId: 'u-1', event: null });
    expect(decoded(format, often(event()), 'u-9').at(-1)).toMatchObject({ event: { user_id: 'u-1' }, facts: null });
  });

  it('is bounded in its own bytes', () => {
    const most = SETTINGS.limits.maxEventBytes;
    const [fits, large] = decoded(format, [event(), event({ context: { note: 'x'.repeat(most) } })]);
    expect(fits!.rejected).toBeNull();
    expect(large!.rejected).toMatchObject({ stage: 'decode', code: 'too_large' });
  });
});

describe.each(['json', 'ndjson'] as const)('%s', (format) => {
  it('is bounded with its spaces, on the quick way too', () => {
    const most = SETTINGS.limits.maxEventBytes;
    const usual = JSON.stringify(event());
    const padded = (length: number) => usual.replace('{', `{${' '.repeat(length - usual.length)}`);
    const texts = [...often(usual), padded(most), padded(most + 1)];
    const jobs = decodedBytes(format, Buffer.from(texts.join(format === 'json' ? ',' : '\n')), texts.length);
    expect(jobs.at(-2)).toMatchObject({ rejected: null, facts: { timestamp: NOW } });
    expect(jobs.at(-1)!.rejected).toMatchObject({ stage: 'decode', code: 'too_large' });
  });
});
