import { describe, expect, it } from 'vitest';
import { homePartition, partitionOf } from '../../format/partition.ts';
import type { SlabFormat } from '../../workers/slab.ts';
import { splitEvents } from '../../workers/split.ts';
import { rejectUnprocessed } from '../../workers/unprocessable.ts';
import { event, NOW, outcome, pack, SETTINGS, SOURCE } from './slabs.ts';

function reject(format: SlabFormat, bytes: Uint8Array, settings = SETTINGS) {
  const draft = rejectUnprocessed(SOURCE, format, bytes, 9, NOW, settings);
  return { draft, ...outcome({ units: [draft] } as never) };
}

describe('an event that killed its worker', () => {
  it('is one rejection with its dead letter, where its user lives', () => {
    for (const [format, bytes] of [
      ['msgpack', pack(event({ user_id: 'u-9' }))],
      ['json', Buffer.from(JSON.stringify(event({ user_id: 'u-9' })))],
    ] as const) {
      const { draft, rejected, letters, seqs } = reject(format, bytes);
      expect(draft.partition).toBe(partitionOf('default', 'u-9', SETTINGS.partitions));
      expect(rejected).toEqual(['9 unprocessable']);
      expect(seqs).toEqual([9]);
      expect(letters).toMatchObject([{ stage: 'process', code: 'unprocessable', seq: 9, format, received_at: NOW }]);
      expect(Buffer.from(letters[0]!.bytes).equals(bytes)).toBe(true);
    }
  });

  it('leaves no dead letter where they are switched off', () => {
    const { draft, rejected } = reject('msgpack', pack(event()), { ...SETTINGS, deadLetters: false });
    expect(rejected).toEqual(['9 unprocessable']);
    expect(draft.deadBytes.length).toBe(0);
  });

  it('was given up, if it is nil', () => {
    for (const [format, bytes] of [
      ['msgpack', pack(null)],
      ['ndjson', Buffer.from('null')],
    ] as const) {
      const { draft, rejected, letters } = reject(format, bytes);
      expect(rejected).toEqual(['9 withdrawn']);
      expect(letters).toEqual([]);
      expect(draft.partition).toBe(homePartition('default', 'p-1', SETTINGS.partitions));
    }
  });
});

describe('splitEvents', () => {
  const slices = (format: SlabFormat, bytes: Uint8Array, count: number) =>
    splitEvents(format, bytes, count).map(({ start, end }) =>
      Buffer.from(bytes.subarray(start, end)).toString('latin1'),
    );

  it('cuts at the borders of events', () => {
    expect(slices('json', Buffer.from(' {"a":[1,2]} , null,"x,\\"]" ,[{}] '), 4)).toEqual([
      '{"a":[1,2]}',
      'null',
      '"x,\\"]"',
      '[{}]',
    ]);
    expect(slices('ndjson', Buffer.from('\r\n {"a":1} \r\n\n null'), 2)).toEqual(['{"a":1}', 'null']);
    const events = [pack({ a: [1, { b: 'x' }] }), pack(null), pack('text')];
    expect(slices('msgpack', Buffer.concat(events), 3)).toEqual(events.map((each) => each.toString('latin1')));
  });

  it('throws where there are not as many as announced, and always ends', () => {
    for (const format of ['json', 'ndjson', 'msgpack'] as const)
      expect(() => splitEvents(format, Buffer.alloc(0), 1)).toThrow();
    for (const odd of [']', ',', ',,', '1 2', '}{', '"', ':', '[', '\\']) {
      expect(() => splitEvents('json', Buffer.from(odd), 99)).toThrow(RangeError);
    }
  });
});
