import { expect, test } from 'vitest';
import type { Logger } from '../../../server/ops/logger.ts';
import { logCalls, remoteLogger } from '../../../server/threads/logging.ts';

test('a line of a thread is written by its owner, with the fields of the thread', () => {
  const lines: unknown[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message]);
  const owner = { warn: write('warn'), info: write('info') } as unknown as Logger;
  const { log } = logCalls(owner);
  const logger = remoteLogger((...line) => log(...structuredClone(line)), { thread: 'feeds' });
  logger.warn({ err: new RangeError('far') }, 'trouble');
  logger.child({ partition: 3 }).info({ lag: 1 }, 'behind');
  expect(lines).toEqual([
    ['warn', { thread: 'feeds', err: new RangeError('far') }, 'trouble'],
    ['info', { thread: 'feeds', partition: 3, lag: 1 }, 'behind'],
  ]);
});
