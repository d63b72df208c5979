import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';
import { jsonBodyReader } from '../../../server/gateway/json-body.ts';

const schema = z.strictObject({
  items: z
    .array(z.strictObject({ id: text(), n: z.int().optional() }))
    .min(1)
    .max(3),
});
const read = jsonBodyReader({ schema, maxValues: 50 });
const HOSTILE = 'zq-hostile-zq';

function of(body: string | Uint8Array) {
  const answer = read(Buffer.from(body as string));
  return answer.ok ? answer.value : JSON.parse(answer.reply.body as string);
}

describe('a JSON body', () => {
  it('is read by its schema', () => {
    expect(of(' {"items":[{"id":"a"},{"id":"b","n":2}]} ')).toEqual({ items: [{ id: 'a' }, { id: 'b', n: 2 }] });
  });

  it.each([
    ['', ''],
    ['nothing', ''],
    ['{"items":[}', ''],
    [Uint8Array.of(0xff), ''],
    ['\ufeff{"items":[{"id":"a"}]}', ''],
    ['null', ''],
    ['[]', ''],
    ['{}', 'items'],
    ['{"items":{}}', 'items'],
    ['{"items":[]}', 'items'],
    ['{"items":[{"id":"a"},{"id":"a"},{"id":"a"},{"id":"a"}]}', 'items'],
    ['{"items":[{"id":"a"},{"id":""}]}', 'items.1.id'],
    ['{"items":[{"id":"a","n":1.5}]}', 'items.0.n'],
    ['{"items":[{"id":"\\u0000"}]}', 'items.0.id'],
    ['{"items":[{"id":"\\ud800"}]}', 'items.0.id'],
    [`{"items":[{"id":"a"}],"${HOSTILE}":"${HOSTILE}"}`, '?'],
    [`{"items":[{"id":"a","${HOSTILE}":1}]}`, 'items.0.?'],
    ['{"items":[{"id":"a","__proto__":1}]}', 'items.0.__proto__'],
  ])('%s is refused by the place of what is wrong', (body, path) => {
    const problem = of(body);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_body', path });
    expect(JSON.stringify(problem)).not.toContain(HOSTILE);
  });

  it.each([
    ['too many values', `{"items":[${'{"id":"a"},'.repeat(1_000)}{"id":"a"}]}`],
    ['too many keys', `{${Array.from({ length: 10_000 }, (_, i) => `"k${i}":1`).join()}}`],
    ['nested too deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['nested too deep in an item', `{"items":[{"id":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}]}`],
  ])('with %s never comes to its schema', (_, body) => {
    expect(of(body)).toMatchObject({ code: 'invalid_body', detail: 'The body: too large or nested too deep.' });
  });
});
