import { expect, it } from 'vitest';
import { parseEventLine } from '../../../cli/input/event-line.ts';

it('takes JSON objects, also with the end of a line of Windows', () => {
  expect(parseEventLine('{"type":"x","n":1}\r')).toEqual({ kind: 'event', event: { type: 'x', n: 1 } });
  expect(parseEventLine('{"text":"\\ud83c\\udfb5 \\u00e9","big":1e30}')).toMatchObject({ kind: 'event' });
});

it('knows blank lines', () => {
  for (const line of ['', '  ', '\t\r']) expect(parseEventLine(line)).toEqual({ kind: 'blank' });
});

it.each([
  ['{"a":', 'is not JSON'],
  ['nope', 'is not JSON'],
  ['[1,2]', 'is not a JSON object'],
  ['5', 'is not a JSON object'],
  ['null', 'is not a JSON object'],
  ['{"a":"\\ud800"}', 'cannot encode a lone surrogate at a'],
  ['{"a":1e999}', 'cannot encode Infinity at a'],
])('says why %s cannot be sent', (line, message) => {
  expect(parseEventLine(line)).toEqual({ kind: 'unreadable', message });
});

it('says what is wrong with a line that was never text', () => {
  expect(parseEventLine({ fault: 'not_utf8' })).toEqual({ kind: 'unreadable', message: 'is not UTF-8' });
  expect(parseEventLine({ fault: 'too_long' })).toEqual({ kind: 'unreadable', message: 'is longer than 1 MiB' });
});
