import { expect, it } from 'vitest';
import { openTask, packTask } from '../../workers/packed-task.ts';
import type { SlabFrame, SlabSource, SlabTask } from '../../workers/slab.ts';
import { NOW, SOURCE } from './slabs.ts';

it('keeps every field of a slab on its way to a worker', () => {
  const full: Required<Omit<SlabSource, 'internal'>> = {
    tenant: 't',
    owner: 'o',
    producer: 'p',
    epoch: 2 ** 53 - 1,
    context: { user_id: 'u', context: { source: 'radio' } },
    clockOffsetMs: -1.5,
    userId: 'u-t',
    userAgent: 'Mozilla/5.0',
    agent: 'player/1',
  };
  const frames: SlabFrame[] = (['msgpack', 'json', 'ndjson'] as const).map((format, i) => ({
    source: i % 2,
    format,
    first: 2 ** 53 - 4 - i,
    count: 3 + i,
    skip: i,
    offset: 10 * i,
    length: 10,
    receivedAt: NOW + i,
  }));
  const task: SlabTask = { bytes: Uint8Array.of(1, 2, 3), sources: [SOURCE, full], frames };
  expect(openTask(structuredClone(packTask(task)))).toEqual(task);
  expect(openTask(packTask({ bytes: new Uint8Array(0), sources: [], frames: [] })).frames).toEqual([]);
});
