import { describe, expect, test } from 'vitest';
import { findConflicts, type Memory } from '../../../server/log/decide.ts';
import type { AppendUnit } from '../../../server/log/port.ts';

const RECORD = new Uint8Array([1]);
const unit = (producer: string, first: number, last: number, prev = first - 1, ids: string[] = []): AppendUnit => ({
  producer,
  prev,
  first,
  last,
  record: new Uint8Array(),
  ids,
});
const memory = (watermarks: Record<string, number>, ids: string[] | null = []): Memory => ({
  producer: (key) => (watermarks[key] === undefined ? undefined : { watermark: watermarks[key], record: RECORD }),
  claimed: ids && ((id) => ids.includes(id)),
});
const reasons = (units: AppendUnit[], remembered: Memory) =>
  findConflicts(units, remembered).map(({ unit, reason }) => [unit, reason]);

describe('whether a batch fits', () => {
  test.each([
    ['the next number', unit('p', 6, 9), []],
    ['after a hole that other partitions hold', unit('p', 9, 9, 5), []],
    ['the first of a connection', unit('p', 6, 9, 0), []],
    ['the last settled number again', unit('p', 5, 9, 0), [[0, 'overlap']]],
    ['all settled', unit('p', 1, 3, 0), [[0, 'overlap']]],
    ['something before is missing', unit('p', 8, 9, 6), [[0, 'out_of_sequence']]],
    ['a producer that is new', unit('q', 1, 3), []],
    ['a producer that is forgotten', unit('q', 7, 8), [[0, 'out_of_sequence']]],
    ['a producer that is forgotten, first of a connection', unit('q', 7, 8, 0), []],
  ])('%s', (_, candidate, expected) => {
    expect(reasons([candidate], memory({ p: 5 }))).toEqual(expected);
  });

  test('conflicts say what stands', () => {
    expect(findConflicts([unit('p', 5, 5)], memory({ p: 5 }))).toEqual([
      { unit: 0, reason: 'overlap', watermark: 5, record: RECORD, repeated: [] },
    ]);
    expect(findConflicts([unit('q', 2, 2)], memory({}))).toEqual([
      { unit: 0, reason: 'out_of_sequence', watermark: 0, record: null, repeated: [] },
    ]);
  });

  test('later units are judged as if earlier ones had been cut', () => {
    expect(reasons([unit('p', 4, 8), unit('p', 9, 9)], memory({ p: 5 }))).toEqual([[0, 'overlap']]);
    expect(reasons([unit('p', 1, 3), unit('p', 4, 6)], memory({ p: 5 }))).toEqual([
      [0, 'overlap'],
      [1, 'overlap'],
    ]);
    expect(reasons([unit('p', 7, 8), unit('p', 9, 9)], memory({ p: 5 }))).toEqual([
      [0, 'out_of_sequence'],
      [1, 'out_of_sequence'],
    ]);
    expect(reasons([unit('p', 7, 8), unit('p', 6, 6, 5)], memory({ p: 5 }))).toEqual([[0, 'out_of_sequence']]);
  });

  test('ids: claimed by the log, by the batch, by the unit itself', () => {
    const units = [unit('a', 1, 3, 0, ['x', 'y']), unit('b', 1, 2, 0, ['z', 'z']), unit('c', 1, 2, 0, ['z', 'y', 'w'])];
    expect(findConflicts(units, memory({}, ['w'])).map(({ unit, repeated }) => [unit, repeated])).toEqual([
      [1, [1]],
      [2, [1, 2]],
    ]);
  });

  test('a unit with a conflict claims nothing', () => {
    expect(reasons([unit('p', 1, 2, 0, ['x']), unit('q', 1, 1, 0, ['x'])], memory({ p: 5 }))).toEqual([[0, 'overlap']]);
  });

  test('where ids are not remembered they are not looked at', () => {
    expect(reasons([unit('p', 1, 2, 0, ['x', 'x'])], memory({}, null))).toEqual([]);
  });
});
