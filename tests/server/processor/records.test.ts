import { expect, test } from 'vitest';
import { Records } from '../../../server/processor/records.ts';
import { json } from './counting.ts';

const projection = { codec: () => json(() => ({ n: 0 })) };
const key = (i: number) => ({ group: `user\0t\0u${i}`, field: 'f' });

function stateOf(records: Records, i: number): { n: number } {
  return records.get(key(i), projection).state as { n: number };
}

function use(records: Records, i: number, change = false) {
  const record = records.get(key(i), projection);
  if (record.absent) records.fill(record, null);
  (record.state as { n: number }).n = i;
  if (change) records.markChanged(record);
}

test('holds about as many bytes as it may, and forgets what was not used lately', () => {
  const records = new Records(20_000);
  for (let i = 0; i < 1_000; i++) {
    use(records, i);
    use(records, 0);
    records.trim();
  }
  expect(records.size).toBeLessThan(100);
  expect(stateOf(records, 0)).toEqual({ n: 0 });
  expect(records.get(key(1), projection).absent).toBe(true);
});

test('keeps what is not in storage, whatever the bound', () => {
  const records = new Records(1);
  for (let i = 0; i < 100; i++) {
    use(records, i, true);
    records.trim();
  }
  const { changes, saved } = records.takeChanges();
  expect(changes).toHaveLength(100);
  expect(records.hasChanges).toBe(false);
  for (let i = 0; i < 10; i++) records.trim();
  expect(stateOf(records, 7)).toEqual({ n: 7 });
  saved();
  for (let i = 0; i < 10; i++) {
    use(records, 1_000 + i);
    records.trim();
  }
  expect(records.get(key(7), projection).absent).toBe(true);
});

test('what changes again while it is saved is saved again', () => {
  const records = new Records(1e6);
  use(records, 3, true);
  records.takeChanges();
  stateOf(records, 3).n = 4;
  records.markChanged(records.get(key(3), projection));
  const { changes } = records.takeChanges();
  expect(changes.map(({ bytes }) => Buffer.from(bytes!).toString())).toEqual(['{"n":4}']);
});

test('goes back to a snapshot', () => {
  const records = new Records(1e6);
  use(records, 5);
  const back = records.get(key(5), projection).snapshot();
  stateOf(records, 5).n = 99;
  back();
  expect(stateOf(records, 5)).toEqual({ n: 5 });
});
