/** Orders of keys that came before. */
import { expect, it } from 'vitest';
import { Shape } from '../../workers/shape.ts';

const FIELDS = ['type', 'timestamp', 'user_id', 'session_id', 'track_id', 'action', 'id', 'position', 'context'];
const written = (key: string) => Buffer.concat([Buffer.of(0xa0 | key.length), Buffer.from(key)]);

it('whoever comes with odd orders first does not keep a later one from being learned', () => {
  const shape = new Shape([]);
  for (const key of FIELDS) shape.learn(key);
  expect(shape.next(written(FIELDS.at(-1)!), 0)?.key).toBe(FIELDS.at(-1));
  expect(shape.next(written(FIELDS[0]!), 0)).toBeNull();
  expect(shape.children).toHaveLength(8);
});

it('learns no stranger, and no key twice', () => {
  const shape = new Shape(['type']);
  for (const key of ['stranger', 'type', 'action', 'action']) shape.learn(key);
  expect(shape.children.map(({ key }) => key)).toEqual(['action']);
});
