import { expect, it } from 'vitest';
import { checkKey, FILTER_FIELDS, FilterError, parseFilter } from '../../../protocol/feed/filter.ts';

const matches = (filter: Parameters<typeof parseFilter>[0], item: Record<string, unknown>) =>
  parseFilter(filter, FILTER_FIELDS).matches(item);

it('takes a value or a list, and asks every field', () => {
  const play = { type: 'user_interaction', action: 'play', user_id: 'u' };
  expect(matches(undefined, play)).toBe(true);
  expect(matches({ action: 'play' }, play)).toBe(true);
  expect(matches({ action: ['skip', 'play'], user_id: 'u' }, play)).toBe(true);
  expect(matches({ action: ['skip', 'play'], user_id: 'v' }, play)).toBe(false);
  expect(matches({ session_id: 's' }, play)).toBe(false);
  expect(matches({ action: [] }, play)).toBe(false);
});

it('tells which values a field may have', () => {
  const filter = parseFilter({ user_id: ['a', 'b'] }, FILTER_FIELDS);
  expect(filter.only('user_id')).toEqual(new Set(['a', 'b']));
  expect(filter.only('type')).toBeNull();
  expect([filter.all, parseFilter({}, []).all]).toEqual([false, true]);
});

it('refuses fields that items do not have, and too many values', () => {
  expect(() => parseFilter({ code: 'x' }, ['type'])).toThrow(FilterError);
  expect(() => parseFilter({ device: 'x' }, FILTER_FIELDS)).toThrow('filtered by device');
  expect(() => parseFilter({ '<script>': 'x' }, FILTER_FIELDS)).toThrow('filtered by such a field');
  const values = Array.from({ length: 101 }, (_, i) => `t${i}`);
  expect(() => parseFilter({ track_id: values }, FILTER_FIELDS)).toThrow(FilterError);
  expect(() => parseFilter({ track_id: new Array(101).fill('t') }, FILTER_FIELDS)).toThrow('at most 100 values');
  const fields = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, i]));
  expect(() => parseFilter(fields, FILTER_FIELDS)).toThrow('at most 16 fields');
});

it('refuses a key that nothing can have', () => {
  checkKey(undefined);
  checkKey('u'.repeat(128));
  expect(() => checkKey('')).toThrow(FilterError);
  expect(() => checkKey('u'.repeat(129))).toThrow(FilterError);
});
