import { expect, it } from 'vitest';
import { checkAnswer } from '../../../loadtest/http/answer.ts';

const expected = { count: 3, refusal: (index: number) => (index === 1 ? 'unknown_type' : null), repeated: false };
const answer = (accepted: number, rejected: [number, string][], duplicates = 0) =>
  JSON.stringify({ accepted, duplicates, rejected: rejected.map(([index, code]) => ({ index, code })) });

it('takes an answer that names exactly the bad events', () => {
  expect(checkAnswer(200, answer(2, [[1, 'unknown_type']]), expected)).toBe(1);
  expect(checkAnswer(422, answer(0, [[0, 'x']]), { ...expected, count: 1, refusal: () => 'x' })).toBe(1);
  expect(checkAnswer(200, answer(1, [[1, 'unknown_type']], 1), { ...expected, repeated: true })).toBe(1);
});

it.each([
  ['another status', 500, answer(2, [[1, 'unknown_type']])],
  ['no JSON', 200, 'accepted'],
  ['a bad event accepted', 200, answer(3, [])],
  [
    'a good event refused',
    200,
    answer(1, [
      [0, 'invalid_field'],
      [1, 'unknown_type'],
    ]),
  ],
  ['another code', 200, answer(2, [[1, 'invalid_field']])],
  [
    'an event named that there is not',
    200,
    answer(2, [
      [1, 'unknown_type'],
      [7, 'unknown_type'],
    ]),
  ],
  ['too few accepted', 200, answer(1, [[1, 'unknown_type']])],
  ['duplicates of what was sent once', 200, answer(1, [[1, 'unknown_type']], 1)],
])('finds %s', (_, status, body) => {
  expect(checkAnswer(status, body, expected)).toBeTypeOf('string');
});
