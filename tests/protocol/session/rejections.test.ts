import { expect, test } from 'vitest';
import type { Rejection } from '../../../protocol/frames.ts';
import { Rejections } from '../../../protocol/session/rejections.ts';

const rejection = (seq: number, message = 'no'): Rejection => [seq, 'invalid_field', '/x', message];

test('gives each number’s first verdict once, and knows nothing of what is settled', () => {
  const rejections = new Rejections();
  rejections.remember([rejection(3), rejection(5), rejection(3, 'again')], 3);
  rejections.remember([rejection(5, 'later'), rejection(9), rejection(7)], 3);
  expect(rejections.take(3)).toBeUndefined();
  expect(rejections.take(5)).toEqual({ status: 'rejected', seq: 5, code: 'invalid_field', path: '/x', message: 'no' });
  expect(rejections.take(5)).toBeUndefined();
  expect([...rejections.takeAll(6, 9)].map(({ seq }) => seq)).toEqual([9, 7]);
  expect(rejections.take(9)).toBeUndefined();
});

test('forgets everything at once', () => {
  const rejections = new Rejections();
  rejections.remember([rejection(1)], 0);
  rejections.clear();
  expect([...rejections.takeAll(0, 10)]).toEqual([]);
});
