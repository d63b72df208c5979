import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arena, Copy } from '../../../server/ingest/arena.ts';
import { join, type PendingFrame } from '../../../server/ingest/pending-frame.ts';
import type { SlabSource } from '../../../workers/slab.ts';

const sender: SlabSource = { tenant: 'default', owner: '', producer: 'p', epoch: 1 };

function frame(copy: Copy, first: number, changes: Partial<PendingFrame> = {}): PendingFrame {
  return { format: 'msgpack', copy, first, count: 1, skip: 0, receivedAt: 1_000, sender, ...changes };
}

it('makes one frame of what follows at once', () => {
  const arena = new Arena();
  const first = frame(arena.copy(Uint8Array.of(1, 2)), 5);
  expect(join(first, frame(arena.copy(Uint8Array.of(3)), 6, { count: 3 }))).toBe(true);
  expect(join(first, frame(arena.copy(Uint8Array.of(4, 5)), 9))).toBe(true);
  expect(first).toMatchObject({ first: 5, count: 5, skip: 0 });
  expect([...first.copy.bytes]).toEqual([1, 2, 3, 4, 5]);
});

it.each<[string, Partial<PendingFrame>]>([
  ['another number', { first: 7 }],
  ['a repetition', { skip: 1 }],
  ['a later time', { receivedAt: 1_001 }],
  ['another sender', { sender: { ...sender } }],
  ['another form', { format: 'json' }],
  ['too many events', { count: 256 }],
  ['bytes of its own', { copy: Copy.of(Uint8Array.of(2)) }],
])('leaves alone what has %s', (_, changes) => {
  const arena = new Arena();
  const first = frame(arena.copy(Uint8Array.of(1)), 5);
  const next = frame(arena.copy(Uint8Array.of(2)), 6, changes);
  expect(join(first, next)).toBe(false);
  expect([first.count, ...first.copy.bytes]).toEqual([1, 1]);
  expect([...next.copy.bytes]).toEqual([2]);
});

it('does not grow without end', () => {
  const arena = new Arena();
  const first = frame(arena.copy(new Uint8Array(20_000)), 1);
  expect(join(first, frame(arena.copy(new Uint8Array(12_768)), 2))).toBe(true);
  expect(join(first, frame(arena.copy(new Uint8Array(1)), 3))).toBe(false);
});

it('keeps what is to be left out of a frame that is repeated in part', () => {
  const arena = new Arena();
  const first = frame(arena.copy(Uint8Array.of(1, 2, 3)), 5, { count: 3, skip: 2 });
  expect(join(first, frame(arena.copy(Uint8Array.of(4)), 8))).toBe(true);
  expect(first).toMatchObject({ first: 5, count: 4, skip: 2 });
});

it('keeps every byte of several senders, in order, and lets go of all memory', () => {
  const sent = fc.array(fc.record({ who: fc.nat(2), size: fc.integer({ min: 1, max: 9_000 }), take: fc.boolean() }), {
    maxLength: 150,
  });
  fc.assert(
    fc.property(sent, (frames) => {
      const arena = new Arena();
      const senders = [0, 1, 2].map(() => ({ id: { ...sender }, next: 1, waiting: [] as PendingFrame[] }));
      const buffers = new Set<ArrayBufferLike>();
      const takeAll = ({ waiting }: (typeof senders)[number]) => {
        for (const { copy, first, count } of waiting.splice(0)) {
          const marks = [...copy.bytes].filter((byte, i, all) => byte !== all[i - 1]);
          expect(marks).toEqual(Array.from({ length: count }, (_, i) => (first + i) % 251));
          buffers.add(copy.bytes.buffer);
          copy.release();
        }
      };
      for (const { who, size, take } of frames) {
        const from = senders[who]!;
        const bytes = new Uint8Array(size).fill(from.next % 251);
        const next = frame(arena.copy(bytes), from.next++, { sender: from.id });
        const last = from.waiting.at(-1);
        if (!last || !join(last, next)) from.waiting.push(next);
        if (take) takeAll(from);
      }
      for (const one of senders) takeAll(one);
      // What is released whole is used again: the next chunks are old ones, but for the one that was being filled.
      const fresh = Array.from({ length: buffers.size }, () => arena.copy(new Uint8Array(200_000)).bytes.buffer);
      expect(fresh.filter((buffer) => !buffers.has(buffer)).length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 50 },
  );
});
