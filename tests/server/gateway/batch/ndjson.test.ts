import fc from 'fast-check';
import { expect, it } from 'vitest';
import { countLines } from '../../../../server/gateway/batch/ndjson.ts';

it('counts the lines that hold more than white space', () => {
  const piece = fc.constantFrom(' ', '\t', '\r', '\n', '\n', '{}', '"ä"', '\v', '1');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      const lines = text.split('\n').filter((line) => /[^ \t\r]/.test(line));
      // A body may lie anywhere in its memory.
      const bytes = Buffer.concat([Buffer.from('\n{'), Buffer.from(text), Buffer.from('}\n{')]);
      expect(countLines(new Uint8Array(bytes.buffer, bytes.byteOffset + 2, Buffer.byteLength(text)))).toBe(
        lines.length,
      );
    }),
    { numRuns: 500 },
  );
});
