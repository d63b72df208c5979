import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, validateEvent } from '../../../protocol/events.ts';

describe('RFC 3339 times', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2026-01-31T12:00:00.25+01:00', Date.UTC(2026, 0, 31, 11, 0, 0, 250)],
    ['2026-01-31T12:00:00-23:59', Date.UTC(2026, 1, 1, 11, 59)],
    ['2026-01-31t12:00:00z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00-00:00', Date.UTC(2026, 0, 31, 12)],
    ['2024-02-29T12:34:56.789999999999Z', Date.UTC(2024, 1, 29, 12, 34, 56, 789)],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['0000-02-29T00:00:00Z', Date.parse('0000-02-29T00:00:00Z')],
    ['9999-12-31T23:59:59Z', Date.parse('9999-12-31T23:59:59Z')],
  ])('%s', (text, ms) => {
    expect(parseTimestamp(text)).toBe(ms);
  });

  it.each([
    '',
    'now',
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31T12:00Z',
    '2026-01-31 12:00:00Z',
    '2026-01-31T12:00:00.Z',
    '2026-01-31T12:00:00,5Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:61Z',
    '2026-13-01T12:00:00Z',
    '2026-00-01T12:00:00Z',
    '2026-01-00T12:00:00Z',
    '2026-02-29T12:00:00Z',
    '1900-02-29T12:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-01-31T12:00:00+1:00',
    '2026-01-31T12:00:00+0100',
    '2026-01-31T12:00:00+24:00',
    '2026-01-31T12:00:00+01:60',
    '2026-01-31T12:00:00Z ',
    ' 2026-01-31T12:00:00Z',
    '+026-01-31T12:00:00Z',
    '2026-01-31T12:00:00ZZ',
    '2026-1-31T12:00:00Z',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
    expect(validateEvent({ type: 'explicit_rating', user_id: 'u', track_id: 't', rating: 1, timestamp: text }).ok).toBe(
      false,
    );
  });

  it('agrees with Date on every time that Date writes', () => {
    const date = fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(date, (time) => parseTimestamp(time.toISOString()) === time.getTime()));
  });

  it('agrees with Date on offsets', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 0, max: 59 }),
        fc.constantFrom('+', '-'),
        (h, m, sign) => {
          const text = `2026-06-15T10:20:30${sign}${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`;
          return parseTimestamp(text) === Date.parse(text);
        },
      ),
    );
  });
});
