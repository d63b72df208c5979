/** Orders of keys that came before. */
import { expect, it } from 'vitest';
import { Shape } from '../../workers/shape.ts';

const FIELDS = ['type', 'timestamp', 'user_id', 'session_id', 'track_id', 'action', 'id', 'position', 'context'];
const written = (key: string) => Buffer.concat([Buffer.of(0xa0 | key.length), Buffer.from(key)]);

/** Twice: all shapes of the process are counted together, and whoever comes after the last one makes room instead of being learned. */
function learn(shape: Shape, keys: readonly string[]): void {
  for (const key of keys) {
    shape.learn(key);
    shape.learn(key);
  }
}

it('whoever comes with odd orders first does not keep a later one from being learned', () => {
  const shape = new Shape([]);
  learn(shape, FIELDS);
  expect(shape.next(written(FIELDS.at(-1)!), 0)?.key).toBe(FIELDS.at(-1));
  expect(shape.next(written(FIELDS[0]!), 0)).toBeNull();
  expect(shape.children).toHaveLength(8);
});

it('learns no stranger, and no key twice', () => {
  const shape = new Shape(['type']);
  learn(shape, ['stranger', 'type', 'action']);
  expect(shape.children.map(({ key }) => key)).toEqual(['action']);
});
