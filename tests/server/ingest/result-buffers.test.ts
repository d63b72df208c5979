import { expect, it } from 'vitest';
import { ResultBuffers } from '../../../server/ingest/result-buffers.ts';

it('uses a result buffer again when every part of it is back', () => {
  const results = new ResultBuffers();
  const buffer = results.take();
  const lease = results.lend(buffer, 2);
  lease.giveBack();
  expect(results.take()).not.toBe(buffer);
  lease.giveBack();
  expect(results.take()).toBe(buffer);
});
