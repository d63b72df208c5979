import { beforeEach, expect, test } from 'vitest';
import { readStretch } from '../../../server/consumer/read.ts';
import { type MemoryLog, openMemoryLog } from '../../../server/log/memory/log.ts';
import { LogWriter } from '../../helpers/log-writer.ts';

let log: MemoryLog;
let writer: LogWriter;

beforeEach(() => {
  log = openMemoryLog({ partitions: 2, rememberProducersMs: 1e9, dedupMs: 0 });
  writer = new LogWriter(log);
});

function write(count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ seq: i + 1, event: { type: 't', user_id: 'u' } }));
  return writer.events(1, 'p', events);
}

test('gives the events after a position, also from within an entry', async () => {
  await write(3);
  await write(2);
  const stretch = await readStretch(log, 1, 2, 1e6);
  expect(stretch.events.map(({ position }) => position)).toEqual([3, 4, 5]);
  expect(stretch).toMatchObject({
    after: 2,
    through: 5,
    reachedEnd: true,
    trimmed: 0,
    damaged: [],
  });
});

test('tells that there may be more', async () => {
  await write(3);
  await write(2);
  expect(await readStretch(log, 1, 0, 1)).toMatchObject({ through: 3, reachedEnd: false });
});

test('gives nothing at the end', async () => {
  await write(3);
  expect(await readStretch(log, 1, 3, 1e6)).toMatchObject({ after: 3, through: 3, events: [], reachedEnd: true });
});

test('tells what retention has let go', async () => {
  await write(3);
  writer.now += 10;
  await write(2);
  await log.trim({ stream: 'events', before: writer.now });
  expect(await readStretch(log, 1, 1, 1e6)).toMatchObject({ trimmed: 2, through: 5 });
});

test('tells of damage and goes on behind it', async () => {
  await write(1);
  await writer.damaged(1);
  await write(1);
  const stretch = await readStretch(log, 1, 0, 1e6);
  expect(stretch.events.map(({ position }) => position)).toEqual([1, 3]);
  expect(stretch.damaged).toEqual([{ last: 2, reason: 'checksum' }]);
});
