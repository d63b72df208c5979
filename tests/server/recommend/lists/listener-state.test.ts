import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../../../format/bytes.ts';
import { pack } from '../../../../format/msgpack.ts';
import { type ListenerState, listenerCodec } from '../../../../server/recommend/lists/listener-state.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const time = fc.double({ noNaN: true, noDefaultInfinity: true }).map((at) => at + 0);
const texts = fc.array(text, { maxLength: 20 }).map((all) => new Set(all));
const listener: fc.Arbitrary<ListenerState> = fc.record({
  disliked: fc.array(fc.tuple(text, time), { maxLength: 20 }).map((all) => new Map(all)),
  session: fc.option(text),
  startedAt: time,
  played: texts,
  skipped: texts,
  changes: fc.nat(),
  served: fc.nat(),
  requests: fc.array(fc.tuple(text, fc.nat(39)), { maxLength: 32 }).map((all) => new Map(all)),
});

/** Sets and maps in their order, which counts. */
function shown({ disliked, played, skipped, requests, ...rest }: ListenerState): unknown {
  return { ...rest, disliked: [...disliked], played: [...played], skipped: [...skipped], requests: [...requests] };
}

test('comes back as it was, and nothing shorter or longer does', () => {
  fc.assert(
    fc.property(listener, fc.nat(), (state, cut) => {
      const bytes = listenerCodec.encode(state);
      expect(shown(listenerCodec.decode(bytes))).toEqual(shown(state));
      expect(() => listenerCodec.decode(bytes.subarray(0, 1 + (cut % (bytes.length - 1))))).toThrow(FormatError);
      expect(() => listenerCodec.decode(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(FormatError);
    }),
  );
});

test('is read as it was written before there was a version', () => {
  fc.assert(
    fc.property(listener, (state) => {
      expect(shown(listenerCodec.decode(pack(shown(state))))).toEqual(shown(state));
    }),
  );
});
