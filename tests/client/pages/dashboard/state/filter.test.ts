import { expect, it } from 'vitest';
import {
  EVENT_FIELDS,
  hasAction,
  parseFilter,
  toggleAction,
} from '../../../../../client/pages/dashboard/state/filter.ts';
import { parseFilter as parseOnServer } from '../../../../../protocol/feed/filter.ts';

it.each([
  ['', undefined],
  ['   ', undefined],
  ['skip', { action: ['skip'] }],
  ['Skip,PLAY', { action: ['skip', 'play'] }],
  ['skip play', { action: ['skip', 'play'] }],
  ['action:skip user_id:u-17', { action: ['skip'], user_id: ['u-17'] }],
  ['user:u-17 track:a,b session:s', { user_id: ['u-17'], track_id: ['a', 'b'], session_id: ['s'] }],
  ['user:a user:b', { user_id: ['a', 'b'] }],
  ['track:spotify:track:1', { track_id: ['spotify:track:1'] }],
  ['TYPE:explicit_rating', { type: ['explicit_rating'] }],
])('%j is %j', (text, filter) => {
  expect(parseFilter(text)).toEqual({ ok: true, filter });
  expect(() => parseOnServer(filter, EVENT_FIELDS)).not.toThrow();
});

it.each([
  ['dance', 'There is no field dance.'],
  ['colour:red', 'There is no field colour.'],
  ['code:too_old', 'There is no field code.'],
  ['user:', 'user_id needs a value, like user_id:u-1.'],
  ['action:,', 'action needs a value'],
  [`user:${'u,'.repeat(101)}`, 'user_id has more than 100 values.'],
])('%j is refused', (text, message) => {
  const parsed = parseFilter(text);
  expect(parsed.ok ? '' : parsed.message).toContain(message);
});

it('puts actions in and takes them out', () => {
  expect(toggleAction('', 'skip')).toBe('action:skip');
  expect(toggleAction('action:skip user:ann', 'play')).toBe('action:skip,play user:ann');
  expect(toggleAction('user:ann skip play', 'skip')).toBe('action:play user:ann');
  expect(toggleAction('action:skip', 'skip')).toBe('');
  expect([hasAction('user:ann skip', 'skip'), hasAction('user:skip', 'skip')]).toEqual([true, false]);
});
