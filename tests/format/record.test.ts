import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProducerRecord } from '../../format/model.ts';
import {
  decodeRecord,
  EMPTY_RECORD,
  encodeRecord,
  extendRecord,
  REJECTIONS_REMEMBERED,
  unite,
} from '../../format/record.ts';
import type { Rejection } from '../../protocol/frames.ts';

function rejection(seq: number): Rejection {
  return [seq, 'invalid_field', 'action', 'not one of the actions'];
}

function numbers({ settled }: ProducerRecord): number[] {
  return settled.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

/** Each number of a producer goes to one partition in one commit; commits of different partitions come in any order. */
const histories = fc
  .record({
    partitions: fc.integer({ min: 1, max: 4 }),
    owners: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 60 }),
    cuts: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    rejected: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    order: fc.array(fc.nat({ max: 3 }), { maxLength: 60 }),
  })
  .map(({ partitions, owners, cuts, rejected, order }) => {
    const queues: number[][][] = Array.from({ length: partitions }, () => []);
    owners.forEach((owner, i) => {
      const queue = queues[owner % partitions]!;
      if (queue.length === 0 || cuts[i]) queue.push([]);
      queue.at(-1)!.push(i + 1);
    });
    /** Which partition commits next. */
    const steps = order.map((owner) => owner % partitions);
    return { partitions, queues, steps, isRejected: (seq: number) => rejected[seq - 1] === true };
  });

describe('records', () => {
  it('read as written', () => {
    const ranges = fc.array(fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()));
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.maxSafeNat(),
        ranges,
        fc.array(fc.maxSafeNat()),
        (watermark, base, settled, seqs) => {
          const record: ProducerRecord = { watermark, base, settled, rejected: seqs.map(rejection) };
          expect(decodeRecord(encodeRecord(record))).toEqual(record);
        },
      ),
    );
  });

  it('agree with a model of sets, whatever partition commits when', () => {
    fc.assert(
      fc.property(histories, ({ partitions, queues, steps, isRejected }) => {
        const records: ProducerRecord[] = Array.from({ length: partitions }, () => EMPTY_RECORD);
        const all = new Set<number>();
        const watermarks = new Array(partitions).fill(0);
        const doneOf = () => {
          let done = 0;
          while (all.has(done + 1)) done++;
          return done;
        };
        for (const partition of steps) {
          const seqs = queues[partition]!.shift();
          if (!seqs) continue;
          const before = records[partition]!;
          const copy = structuredClone(before);
          const base = doneOf();
          records[partition] = extendRecord(before, base, seqs, seqs.filter(isRejected).map(rejection));
          expect(before).toEqual(copy);
          for (const seq of seqs) all.add(seq);
          watermarks[partition] = seqs.at(-1);

          const record = records[partition]!;
          expect(record.watermark).toBe(watermarks[partition]);
          expect(record.base).toBe(base);
          expect(numbers(record).every((seq) => all.has(seq) && seq > record.base)).toBe(true);
          for (let i = 1; i < record.settled.length; i++) {
            expect(record.settled[i]![0]).toBeGreaterThan(record.settled[i - 1]![1] + 1);
          }

          const known = unite(records);
          const done = doneOf();
          expect(known.done).toBe(done);
          expect(known.ahead).toEqual([...all].filter((seq) => seq > done).sort((a, b) => a - b));
          expect(known.rejected.map(([seq]) => seq)).toEqual([...all].filter(isRejected).sort((a, b) => a - b));
        }
      }),
    );
  });

  it('believe a client that has processed more', () => {
    const record = extendRecord(EMPTY_RECORD, 0, [1, 2, 5, 6, 9], []);
    expect(unite([record])).toEqual({ done: 2, ahead: [5, 6, 9], rejected: [] });
    expect(unite([record], 4)).toEqual({ done: 6, ahead: [9], rejected: [] });
    expect(unite([record], 7)).toEqual({ done: 7, ahead: [9], rejected: [] });
    expect(unite([record], 20)).toEqual({ done: 20, ahead: [], rejected: [] });
    expect(unite([])).toEqual({ done: 0, ahead: [], rejected: [] });
  });

  it('join ranges that touch, within and across partitions', () => {
    const one = extendRecord(extendRecord(EMPTY_RECORD, 0, [2, 3], []), 0, [4, 7], []);
    expect(one.settled).toEqual([
      [2, 4],
      [7, 7],
    ]);
    const two = extendRecord(EMPTY_RECORD, 0, [1, 5, 6], []);
    expect(unite([one, two])).toEqual({ done: 7, ahead: [], rejected: [] });
  });

  it('remember the rejections of the largest window only', () => {
    const first = extendRecord(EMPTY_RECORD, 0, [1, 2], [rejection(1), rejection(2)]);
    expect(first.rejected.map(([seq]) => seq)).toEqual([1, 2]);
    const later = extendRecord(first, 2, [REJECTIONS_REMEMBERED + 1], []);
    expect(later.rejected.map(([seq]) => seq)).toEqual([2]);
  });
});
