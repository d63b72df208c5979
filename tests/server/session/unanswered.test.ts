import { expect, it } from 'vitest';
import { Unanswered } from '../../../server/session/unanswered.ts';

it('tells since when the oldest frame waited that is answered', () => {
  const frames = new Unanswered();
  frames.take(10, 100);
  frames.take(20, 105);
  frames.take(30, 110);
  expect(frames.answer(9)).toBeNull();
  expect(frames.answer(25)).toBe(100);
  expect(frames.answer(29)).toBeNull();
  expect(frames.answer(30)).toBe(110);
  expect(frames.answer(30)).toBeNull();
});

it('takes frames of one millisecond for one', () => {
  const frames = new Unanswered();
  frames.take(10, 100);
  frames.take(11, 100.4);
  frames.take(12, 100.9);
  expect(frames.answer(11)).toBeNull();
  expect(frames.answer(12)).toBe(100);
});

it('is not misled by a frame that is repeated', () => {
  const frames = new Unanswered();
  frames.take(100, 100);
  frames.take(50, 100.5);
  expect(frames.answer(50)).toBeNull();
  expect(frames.answer(100)).toBe(100);
});
