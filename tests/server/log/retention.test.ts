import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RetentionPolicy } from '../../../server/log/port.ts';
import { type OldEntry, type OldStream, planTrim } from '../../../server/log/retention.ts';

/** A stream of entries of 10 events and 100 bytes, made at these times; null for a damaged one. */
function stream(partition: number, created: readonly (number | null)[], first = 1): OldStream {
  const entries = created.map((at, i): OldEntry => ({ last: first - 1 + (i + 1) * 10, created: at, bytes: 100 }));
  return { partition, first, bytes: entries.length * 100, entries };
}
const gone = (policy: Partial<RetentionPolicy>, streams: OldStream[], limit?: number) =>
  Object.fromEntries(
    planTrim({ stream: 'events', ...policy }, streams, limit).map((cut) => [cut.partition, cut.lasts]),
  );

describe('what retention lets go', () => {
  test('by age: from the beginning, up to the first entry that is young enough', () => {
    expect(gone({ before: 30 }, [stream(0, [10, 20, 30, 20]), stream(1, [40])])).toEqual({ 0: [10, 20] });
    expect(planTrim({ stream: 'events', before: 30 }, [stream(0, [10, 20, 30], 101)])).toEqual([
      { partition: 0, upTo: 120, lasts: [110, 120], events: 20, bytes: 200 },
    ]);
  });

  test('a damaged entry is as old as the next whole one', () => {
    expect(gone({ before: 30 }, [stream(0, [10, null, 20, null, 40])])).toEqual({ 0: [10, 20, 30] });
    expect(gone({ before: 30 }, [stream(0, [10, null])])).toEqual({ 0: [10] });
    expect(gone({ maxBytes: 0 }, [stream(0, [10, null])])).toEqual({ 0: [10, 20] });
  });

  test('by bytes: the oldest of all partitions first', () => {
    expect(gone({ maxBytes: 300 }, [stream(0, [10, 40, 50]), stream(1, [20, 30, 60])])).toEqual({
      0: [10],
      1: [10, 20],
    });
    expect(gone({ maxBytes: 301 }, [stream(0, [10, 40, 50]), stream(1, [20, 30, 60])])).toEqual({
      0: [10],
      1: [10, 20],
    });
    expect(gone({ maxBytes: 600 }, [stream(0, [10, 40, 50]), stream(1, [20, 30, 60])])).toEqual({});
  });

  test('what goes by age counts for the bytes', () => {
    expect(gone({ before: 15, maxBytes: 200 }, [stream(0, [10, 20]), stream(1, [20])])).toEqual({ 0: [10] });
  });

  test('nothing at or after keepFrom', () => {
    expect(gone({ before: 99, keepFrom: [11] }, [stream(0, [10, 20, 30])])).toEqual({ 0: [10] });
    expect(gone({ before: 99, keepFrom: [10] }, [stream(0, [10, 20, 30])])).toEqual({});
    expect(gone({ maxBytes: 0, keepFrom: [10, 21] }, [stream(0, [10, 20]), stream(1, [30, 40])])).toEqual({
      1: [10, 20],
    });
  });

  test('no more than the limit, and reads hardly more than it lets go', () => {
    let read = 0;
    const endless = { partition: 0, first: 1, bytes: 1e9, entries: counted() };
    function* counted(): Generator<OldEntry> {
      for (let last = 10; ; last += 10, read++) yield { last, created: 0, bytes: 100 };
    }
    expect(gone({ before: 1, maxBytes: 0 }, [endless], 3)).toEqual({ 0: [10, 20, 30] });
    expect(read).toBe(3);
  });

  test('property: a prefix of each partition, within the policy, and in steps the same as at once', () => {
    // Rising but for damaged ones: where a clock went back, a step may lay bare an entry that is older than its predecessor.
    const times = fc.array(fc.option(fc.nat(5)), { maxLength: 12 }).map((steps) => {
      let at = 0;
      return steps.map((step) => {
        at += step ?? 0;
        return step === null ? null : at;
      });
    });
    const policy = fc.record({
      stream: fc.constant('events' as const),
      before: fc.option(fc.nat(60), { nil: undefined }),
      maxBytes: fc.option(fc.nat(2000), { nil: undefined }),
      keepFrom: fc.option(fc.tuple(fc.nat(130), fc.nat(130)), { nil: undefined }),
    });
    fc.assert(
      fc.property(times, times, policy, fc.integer({ min: 1, max: 5 }), (a, b, policy, limit) => {
        const streams = [stream(0, a), stream(1, b)];
        const cuts = planTrim(policy, streams);
        for (const { partition, lasts, upTo, events, bytes } of cuts) {
          expect(lasts).toEqual([...streams[partition]!.entries].slice(0, lasts.length).map(({ last }) => last));
          expect({ upTo, events, bytes }).toEqual({
            upTo: lasts.at(-1),
            events: lasts.length * 10,
            bytes: lasts.length * 100,
          });
          expect(upTo).toBeLessThan(policy.keepFrom?.[partition] ?? Infinity);
        }
        const left =
          streams.reduce((sum, { bytes }) => sum + bytes, 0) - cuts.reduce((sum, { bytes }) => sum + bytes, 0);
        if (policy.maxBytes !== undefined && !policy.keepFrom) expect(left).toBeLessThanOrEqual(policy.maxBytes);

        const inSteps: Record<number, number[]> = {};
        for (let rest = streams; ; ) {
          const step = planTrim(policy, rest, limit);
          if (step.length === 0) break;
          for (const { partition, lasts } of step) inSteps[partition] = [...(inSteps[partition] ?? []), ...lasts];
          rest = rest.map((old) => {
            const cut = step.find(({ partition }) => partition === old.partition);
            if (!cut) return old;
            const entries = [...old.entries].slice(cut.lasts.length);
            return { ...old, first: cut.upTo + 1, bytes: old.bytes - cut.bytes, entries };
          });
        }
        expect(inSteps).toEqual(Object.fromEntries(cuts.map(({ partition, lasts }) => [partition, lasts])));
      }),
    );
  });
});
