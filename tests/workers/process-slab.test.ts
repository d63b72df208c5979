import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idHash } from '../../format/id-hash.ts';
import { homePartition, partitionOf } from '../../format/partition.ts';
import { decodeUnits } from '../../format/unit.ts';
import type { SlabFormat } from '../../workers/slab.ts';
import { event, NOW, outcome, pack, run, runEvents, SOURCE, slab } from './slabs.ts';

describe('one frame', () => {
  it('stores what the client sent, with its time and the stamp', () => {
    const sent = event({ position_ms: 50_000, duration_ms: 200_000 });
    expect(runEvents([sent]).stored).toEqual([
      {
        ...sent,
        event_time: NOW,
        completion: 0.25,
        tenant: 'default',
        producer: 'p-1',
        epoch: 1,
        seq: 1,
        received_at: NOW,
      },
    ]);
  });

  it('keeps the client bytes of a MessagePack event as they are', () => {
    const { units } = run([{ events: [event()] }]);
    const [item] = decodeUnits(units[0]!.bytes)[0]!.items;
    expect(pack(event()).equals(item!.body)).toBe(true);
    expect(item!.subject).toBe('u-1');
  });

  it('of one bad event among good ones loses only that one', () => {
    const events = [event({ id: 'a' }), event({ action: 'zap' }), null, event({ id: 'b' }), { type: 'x' }, event()];
    const { stored, rejected, letters, seqs, ids } = runEvents(events);
    expect(stored.map(({ seq }) => seq)).toEqual([1, 4, 6]);
    expect(rejected).toEqual(['2 invalid_field action', '3 withdrawn', '5 unknown_type type']);
    expect(letters.map(({ seq }) => seq)).toEqual([2, 5]);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
    expect(ids).toEqual([
      [1, idHash('default', 'u-1', 'a')],
      [4, idHash('default', 'u-1', 'b')],
    ]);
  });

  it('leaves out its first events where they are settled already', () => {
    for (const format of ['msgpack', 'json', 'ndjson'] as const) {
      const events = [event({ action: 'zap' }), event(), event({ track_id: 't-3' }), null];
      const all = outcome(run([{ events, format, first: 10, skip: 2 }]));
      expect(all.seqs, format).toEqual([12, 13]);
      expect(all.stored.map(({ seq, track_id }) => [seq, track_id])).toEqual([[12, 't-3']]);
      expect(all.rejected).toEqual(['13 withdrawn']);
      expect(run([{ events, format, skip: 4 }]).units).toEqual([]);
    }
  });

  it.each(['msgpack', 'json', 'ndjson'] as const)('that holds not what it announces fails the slab: %s', (format) => {
    expect(() => run([{ events: [event(), event()], count: 1, format }])).toThrow();
    expect(() => run([{ events: [event(), event()], count: 3, format }])).toThrow();
  });
});

describe('dead letters', () => {
  it('hold the original bytes, the reason and the context of the connection', () => {
    const bad = event({ action: 'zap' });
    const context = { session_id: 's-9' };
    expect(runEvents([event(), bad], { context }).letters).toEqual([
      {
        tenant: 'default',
        producer: 'p-1',
        epoch: 1,
        seq: 2,
        received_at: NOW,
        stage: 'validate',
        code: 'invalid_field',
        path: 'action',
        message: 'not one of the actions',
        format: 'msgpack',
        context,
        bytes: pack(bad),
      },
    ]);
    const [letter] = outcome(run([{ format: 'json', bytes: Buffer.from(' {"a":1} '), count: 1 }])).letters;
    expect(letter).toMatchObject({ format: 'json', stage: 'validate', code: 'missing_field', path: 'type' });
    expect(Buffer.from(letter!.bytes).toString()).toBe('{"a":1}');
  });

  it('tell where it failed', () => {
    const events = [event({ bin: new Uint8Array(2) }), event({ extra: 1 })];
    expect(runEvents(events).letters.map(({ stage, path }) => [stage, path])).toEqual([
      ['decode', 'bin'],
      ['validate', 'extra'],
    ]);
  });

  it('are not made when they are switched off; the rejections stay', () => {
    const { letters, rejected } = runEvents([event({ action: 1 })], {}, { deadLetters: false });
    expect(letters).toEqual([]);
    expect(rejected).toEqual(['1 invalid_field action']);
  });
});

describe('partitions', () => {
  const of = (user: string) => partitionOf('default', user, 8);
  const home = homePartition('default', 'p-1', 8);
  const where = (sent: unknown, source = {}) =>
    run([{ events: [sent] }], [{ ...SOURCE, ...source }]).units[0]!.partition;

  it('follow the raw user id, whatever the verdict', () => {
    for (const user of ['u-1', 'u-2', 'u-3', 'Jürgen', 'x'.repeat(500), '']) {
      expect(where(event({ user_id: user }))).toBe(of(user));
      expect(where(event({ user_id: user, action: 'zap' }))).toBe(of(user));
      expect(where(event({ user_id: user, bin: new Uint8Array(1) }))).toBe(of(user));
      expect(where(event({ user_id: user, session_id: 'x'.repeat(9_000) }))).toBe(of(user));
    }
  });

  it('fall back to the context, the token and the home of the producer', () => {
    const anonymous = event({ user_id: undefined });
    expect(where(anonymous)).toBe(home);
    expect(where(anonymous, { userId: 'u-5' })).toBe(of('u-5'));
    expect(where(anonymous, { userId: 'u-5', context: { user_id: 'u-6' } })).toBe(of('u-6'));
    expect(where(event({ user_id: 7 }), { context: { user_id: 'u-6' } })).toBe(of('u-6'));
    expect(where(event({ user_id: 'u-7' }), { context: { user_id: 'u-6' } })).toBe(of('u-7'));
    expect(where('no map at all')).toBe(home);
    expect(where(null, { context: { user_id: 'u-6' } })).toBe(home);
  });

  it('get one unit each, with numbers that rise over all frames of the source', () => {
    const user = (n: number) => event({ user_id: `u-${n % 5}` });
    const events = Array.from({ length: 40 }, (_, i) => user(i));
    const frames = [
      { events: events.slice(0, 10), first: 1 },
      { events: [event({ user_id: 'u-1' })], source: 1, first: 7 },
      { events: events.slice(10, 25), first: 11, receivedAt: NOW + 5 },
      { events: events.slice(25), first: 26, receivedAt: NOW - 5 },
    ];
    const result = run(frames, [SOURCE, { ...SOURCE, producer: 'p-2' }]);
    const keys = result.units.map(({ source, partition }) => `${source}/${partition}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(result.events).toBe(41);
    for (const unit of result.units) {
      const [decoded] = decodeUnits(unit.bytes);
      expect([...unit.seqs]).toEqual([...unit.seqs].sort((a, b) => a - b));
      expect(decoded!.items.map(({ seq }) => seq)).toEqual([...unit.seqs]);
      for (const item of decoded!.items) expect(of(item.subject)).toBe(unit.partition);
    }
    expect(outcome(result).seqs).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(outcome(result, 1).stored).toMatchObject([{ producer: 'p-2', seq: 7, user_id: 'u-1' }]);
  });
});

describe('the result', () => {
  it('is views of one buffer, which can be transferred whole', () => {
    const events = [event(), event({ user_id: 'u-2', action: 1 }), event({ user_id: 'u-3', id: 'x' })];
    const result = run([{ events }]);
    const before = outcome(result);
    for (const { bytes, deadBytes } of result.units) {
      for (const view of [bytes, deadBytes]) if (view.length > 0) expect(view.buffer).toBe(result.buffer);
    }
    const moved = structuredClone(result, { transfer: [result.buffer] });
    expect(result.buffer.byteLength).toBe(0);
    expect(outcome(moved)).toEqual(before);
  });

  it('does not change when the next slab is worked on', () => {
    const first = run([{ events: [event(), event({ action: 1 })] }]);
    const before = JSON.stringify(outcome(first));
    run([{ events: Array.from({ length: 200 }, () => event({ session_id: 'other' })) }]);
    expect(JSON.stringify(outcome(first))).toBe(before);
  });

  it('of an empty slab is empty', () => {
    const result = run([]);
    expect(result.units).toEqual([]);
    expect(result.events).toBe(0);
  });

  it('is good after a slab that failed', () => {
    expect(() =>
      run([
        { events: [event()], first: 5 },
        { events: [event()], first: 5 },
      ]),
    ).toThrow(RangeError);
    expect(runEvents([event()]).seqs).toEqual([1]);
  });
});

describe('any slab', () => {
  const values = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc
      .dictionary(
        fc.constantFrom('type', 'timestamp', 'user_id', 'session_id', 'action', 'context', 'id'),
        fc.jsonValue(),
      )
      .map(event),
    fc.constant(event()),
    fc.constant(null),
  );
  const formats = fc.constantFrom<SlabFormat>('msgpack', 'json', 'ndjson');

  it('gives each number exactly one verdict, in its source and in order', () => {
    const frames = fc.array(fc.tuple(fc.nat({ max: 2 }), fc.array(values, { minLength: 1, maxLength: 6 }), formats), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(frames, (drafts) => {
        const next = [1, 1, 1];
        const sources = next.map((_, i) => ({ ...SOURCE, producer: `p-${i}` }));
        const described = drafts.map(([source, events, format]) => {
          const first = next[source]!;
          next[source]! += events.length;
          return { source, events, format, first };
        });
        const task = slab(described, sources);
        expect(task.frames.length).toBe(drafts.length);
        const result = run(described, sources);
        next.forEach((end, source) => {
          const all = outcome(result, source);
          expect(all.seqs).toEqual(Array.from({ length: end - 1 }, (_, i) => i + 1));
          expect(all.stored.length + all.rejected.length).toBe(end - 1);
          const withdrawn = all.rejected.filter((line) => line.includes('withdrawn')).length;
          expect(all.letters.length).toBe(all.rejected.length - withdrawn);
        });
      }),
    );
  });
});
