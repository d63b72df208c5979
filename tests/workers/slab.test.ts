import { expect, it } from 'vitest';
import { openTask, packTask } from '../../workers/packed-task.ts';
import { slabSource } from '../../workers/slab.ts';
import { shapesOf } from '../helpers/shape.ts';

const ID = { tenant: 'default', owner: '', producer: 'p-1', epoch: 1 };

it('sources have one shape, whatever is known of them', () => {
  const source = (i: number) =>
    slabSource(ID, {
      ...(i % 2 === 0 && { context: { source: 'radio' } }),
      ...(i % 3 === 0 && { clockOffsetMs: i }),
      ...(i % 5 === 0 && { userId: `u-${i}` }),
      ...(i % 7 === 0 && { userAgent: 'a browser' }),
    });
  expect(shapesOf(source)).toBe(1);
  const task = (i: number) => ({ bytes: new Uint8Array(0), sources: [source(i)], frames: [] });
  expect(shapesOf((i) => openTask(packTask(task(i))).sources[0]!)).toBe(1);
});
