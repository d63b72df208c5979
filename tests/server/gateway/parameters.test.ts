import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';
import { parameterReader } from '../../../server/gateway/parameters.ts';

const reader = parameterReader(
  z.strictObject({ id: text(), parts: z.array(text()).optional() }),
  z.strictObject({
    count: z.int().min(1).max(100).default(20),
    at: z.int().min(0).optional(),
    model: z.enum(['a', 'b']).default('a'),
    tag: z.array(text()).min(1).max(3).optional(),
    note: text(5).optional(),
  }),
);
const DEFAULTS = { count: 20, model: 'a' };

function read(query: string, params: Record<string, string> = { id: 'u' }) {
  const answer = reader.read({ query }, params);
  return answer.ok ? { path: answer.path, query: answer.query } : JSON.parse(answer.reply.body as string);
}

describe('parameters', () => {
  it('are read as what they are', () => {
    expect(read('')).toEqual({ path: { id: 'u' }, query: DEFAULTS });
    expect(read('count=7&model=b&at=0&note=a%20b+c&tag=x&tag=y,z')).toEqual({
      path: { id: 'u' },
      query: { count: 7, model: 'b', at: 0, note: 'a b c', tag: ['x', 'y,z'] },
    });
    expect(read('', { id: 'a%2Cb,c', parts: 'a%2Cb,c' })).toEqual({
      path: { id: 'a,b,c', parts: ['a,b', 'c'] },
      query: DEFAULTS,
    });
  });

  it.each([
    ['count=0', 'count'],
    ['count=101', 'count'],
    ['count=', 'count'],
    ['count=1.5', 'count'],
    ['count=1e1', 'count'],
    ['count=0x10', 'count'],
    ['count=%201', 'count'],
    ['count=99999999999999999999', 'count'],
    ['count=NaN', 'count'],
    ['count=1&count=2', 'count'],
    ['model=c', 'model'],
    ['tag=', 'tag'],
    ['tag=1&tag=2&tag=3&tag=4', 'tag'],
    ['note=toolong', 'note'],
    ['note=%00', 'note'],
    ['cuont=1', 'cuont'],
    ['__proto__=1', '__proto__'],
    ['constructor=1', 'constructor'],
    ['a%20b=1', '?'],
    ['<script>=1', '?'],
  ])('%s is refused by its name', (query, parameter) => {
    expect(read(query)).toMatchObject({ status: 400, code: 'invalid_parameter', parameter });
  });

  it.each([
    ['%ff', 'is not percent-encoded UTF-8'],
    ['%00', 'must not hold control characters or lone surrogates'],
    ['x'.repeat(129), 'must have 1 to 128 characters'],
  ])('of a path are refused by their name: %s', (id, detail) => {
    expect(read('', { id })).toMatchObject({ code: 'invalid_parameter', parameter: 'id', detail });
    expect(read('', { id: 'u', parts: `a,${id}` })).toMatchObject({ code: 'invalid_parameter', parameter: 'parts' });
  });

  it('are never repeated in the answer', () => {
    const hostile = 'zq-hostile-zq';
    for (const query of [`model=${hostile}`, `${hostile}=1`, `count=${hostile}`, `note=${hostile}`])
      expect(JSON.stringify(read(query))).not.toContain(hostile);
  });
});
