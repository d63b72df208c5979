import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_MAX_BYTES, type LineBatch, type RawLine, readLines } from '../../../cli/input/lines.ts';

async function* chunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(text: string | Buffer, sizes: readonly number[] = [65_536]): Promise<LineBatch[]> {
  const batches: LineBatch[] = [];
  for await (const batch of readLines(chunks(Buffer.from(text), sizes))) batches.push(batch);
  return batches;
}

async function linesOf(text: string | Buffer, sizes?: readonly number[]): Promise<RawLine[]> {
  return (await collect(text, sizes)).flatMap(({ lines }) => lines);
}

describe('readLines', () => {
  it('gives the same lines wherever the chunks are cut', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }),
        async (lines, sizes) => {
          fc.pre(!lines[0]!.startsWith('\ufeff'));
          expect(await linesOf(`${lines.join('\n')}\n`, sizes)).toEqual(lines);
        },
      ),
    );
  });

  it('numbers lines from 1 and knows where each batch begins', async () => {
    const text = 'one\ntwo\n\nfour\nfünf\nsix';
    for (const batch of await collect(text, [5])) {
      const before = Buffer.from(text).subarray(0, batch.offset).toString();
      expect(before.split('\n')).toHaveLength(batch.first);
    }
  });

  it('counts a last line without a newline, and none after one', async () => {
    expect(await linesOf('a\nb')).toEqual(['a', 'b']);
    expect(await linesOf('a\nb\n')).toEqual(['a', 'b']);
    expect(await linesOf('\n\n')).toEqual(['', '']);
    expect(await linesOf('')).toEqual([]);
  });

  it('leaves out a byte order mark', async () => {
    expect(await linesOf('\ufeff{"a":1}\nb\n')).toEqual(['{"a":1}', 'b']);
  });

  it('marks what is not UTF-8 and keeps its neighbours', async () => {
    const bytes = Buffer.concat([Buffer.from('good\nb'), Buffer.of(0xff, 0xfe), Buffer.from('d\nalso good\n')]);
    expect(await linesOf(bytes)).toEqual(['good', { fault: 'not_utf8' }, 'also good']);
    expect(await linesOf(bytes, [3])).toEqual(['good', { fault: 'not_utf8' }, 'also good']);
  });

  it('skips a line that is too long without keeping it, in any place', async () => {
    const long = 'x'.repeat(2 * LINE_MAX_BYTES);
    for (const sizes of [[65_536], [10_000_000], [2 * LINE_MAX_BYTES + 3]]) {
      expect(await linesOf(`a\n${long}\nb\n`, sizes)).toEqual(['a', { fault: 'too_long' }, 'b']);
      expect(await linesOf(`a\n${long}`, sizes)).toEqual(['a', { fault: 'too_long' }]);
    }
    const batches = await collect(`a\n${long}\nb\n`);
    expect(batches.at(-1)).toEqual({ first: 3, offset: long.length + 3, lines: ['b'] });
  });
});
