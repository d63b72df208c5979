import { expect, it } from 'vitest';
import { parseTime } from '../../../cli/evaluate/times.ts';

const MOMENT = Date.UTC(2014, 3, 7, 10, 51, 9);

it.each([
  ['1396867869', MOMENT],
  ['1396867869.25', MOMENT + 250],
  ['1396867869000', MOMENT],
  ['1396867869000000', MOMENT],
  ['2014-04-07T10:51:09Z', MOMENT],
  ['2014-04-07T10:51:09.277Z', MOMENT + 277],
  ['2014-04-07 10:51:09', MOMENT],
  ['2014-04-07 10:51:09.277 UTC', MOMENT + 277],
  ['2014-04-07T12:51:09+02:00', MOMENT],
  ['2014-04-07 12:51:09 +0200', MOMENT],
  ['2014-04-07 10:51', MOMENT - 9000],
  ['2014-04-07', Date.UTC(2014, 3, 7)],
  ['17', 17_000],
])('%s is a time', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

it.each(['', 'yesterday', '2014-13-40', '07.04.2014', '-5', '12:00', 'NaN'])('"%s" is none', (text) => {
  expect(parseTime(text)).toBeNaN();
});
