/** What the player makes of what it is told: words, movements, pictures. */
import { describe, expect, it } from 'vitest';
import { describeLink, type LinkFacts } from '../../../../../client/pages/player/state/link.ts';
import { describeMovement, movements } from '../../../../../client/pages/player/state/movement.ts';
import {
  describeOutcome,
  SENT_MAX,
  type Sent,
  withSent,
  withVerdict,
} from '../../../../../client/pages/player/state/outcome.ts';
import { points, SAMPLES, sampleOf, withSample } from '../../../../../client/pages/player/state/samples.ts';
import {
  hueOf,
  likedMost,
  MAIN_FEATURES,
  minutes,
  writeFeature,
  writeMain,
} from '../../../../../client/pages/player/state/words.ts';
import type { ClientStats } from '../../../../../client/types.ts';

describe('a list that changes', () => {
  it('says of each track whether it is new, went up, or went down', () => {
    expect(movements(['a', 'b', 'c'], ['c', 'x', 'a', 'b'])).toEqual([2, 'new', -2, -2]);
    expect(movements(undefined, ['a', 'b'])).toEqual([0, 0]);
    expect([2, -3, 0, 'new' as const].map((one) => describeMovement(one).text)).toEqual(['up 2', 'down 3', '', 'new']);
  });
});

describe('the connection in words', () => {
  const open: LinkFacts = {
    stats: { state: 'open', pending: 0, lastClose: null, reconnects: 0 },
    cut: false,
    failure: null,
  };
  const kind = (changes: Partial<LinkFacts>, stats: Partial<LinkFacts['stats']> = {}) =>
    describeLink({ ...open, ...changes, stats: { ...open.stats, ...stats } }).kind;

  it('is one thing at a time, the most important one', () => {
    expect(kind({})).toBe('live');
    expect(kind({}, { state: 'connecting' })).toBe('connecting');
    expect(kind({}, { state: 'connecting', reconnects: 1 })).toBe('disconnected');
    expect(kind({}, { state: 'waiting', lastClose: { code: 1006, name: null, reason: '' } })).toBe('disconnected');
    expect(kind({}, { state: 'offline' })).toBe('offline');
    expect(kind({ cut: true }, { state: 'waiting' })).toBe('offline');
    expect(kind({ cut: true, failure: { code: 'unauthenticated', message: '' } })).toBe('token');
    expect(kind({ failure: { code: 'store_failed', message: 'the disk is full' } })).toBe('failed');
  });

  it('tells what waits, what the server said, and why it stopped', () => {
    const away = { state: 'waiting', pending: 2, lastClose: { code: 4000, name: 'going_away', reason: '' } } as const;
    expect(describeLink({ ...open, stats: { ...open.stats, ...away } }).detail).toBe(
      'Trying again by itself. The server said: going_away. 2 events in the outbox.',
    );
    expect(describeLink({ ...open, failure: { code: 'store_failed', message: 'No room' } }).detail).toBe(
      'No room (store_failed)',
    );
  });
});

describe('events and their answers', () => {
  const sent = (key: number): Sent => ({ key, at: key, action: 'play', trackId: 't', verdict: null });

  it('stand newest first, bounded, and take their verdicts', () => {
    let list: readonly Sent[] = [];
    for (let key = 1; key <= SENT_MAX + 5; key++) list = withSent(list, sent(key));
    expect(list).toHaveLength(SENT_MAX);
    expect(list[0]!.key).toBe(SENT_MAX + 5);
    const answered = withVerdict(list, SENT_MAX, { status: 'stored', seq: 9 });
    expect(answered.filter(({ verdict }) => verdict).map(({ key }) => key)).toEqual([SENT_MAX]);
    expect(withVerdict(list, 1, { status: 'stored', seq: 1 })).toEqual(list);
  });

  it('say what became of them', () => {
    expect(describeOutcome(null)).toMatchObject({ kind: 'waiting', text: 'in the outbox' });
    expect(describeOutcome({ status: 'stored', seq: 7 })).toMatchObject({ kind: 'stored', text: 'stored as 7' });
    expect(describeOutcome({ status: 'settled', seq: 7 }).text).toBe('settled before, as 7');
    const rejected = { status: 'rejected', seq: 7, code: 'invalid_field', path: 'action', message: '' } as const;
    expect(describeOutcome(rejected)).toMatchObject({ kind: 'refused', text: 'rejected: invalid_field in action' });
    expect(describeOutcome({ ...rejected, path: '' }).text).toBe('rejected: invalid_field');
    expect(describeOutcome({ status: 'dropped', seq: 0, reason: 'too_large' }).text).toBe('dropped: too_large');
  });
});

describe('pictures', () => {
  const stats = { state: 'open', pending: 30, inFlight: 10, limit: 64, done: 40 } as ClientStats;

  it('are of what is under way and of what may be', () => {
    expect(sampleOf(stats)).toEqual({ pending: 30, inFlight: 10, window: 24 });
    expect(sampleOf({ ...stats, state: 'waiting' })).toEqual({ pending: 30, inFlight: 0, window: 0 });
  });

  it('keep the last half minute, drawn to the right', () => {
    const sample = { pending: 0, inFlight: 0, window: 0 };
    let samples = [sample];
    for (let i = 0; i < SAMPLES + 3; i++) samples = withSample(samples, sample);
    expect(samples).toHaveLength(SAMPLES);
    expect(points([0, 5, 10], 10)).toBe(`${SAMPLES - 3},100.0 ${SAMPLES - 2},50.0 ${SAMPLES - 1},0.0`);
    expect(points([0], 0)).toBe(`${SAMPLES - 1},100.0`);
  });
});

describe('figures in words', () => {
  it('writes times as players do', () => {
    expect([0, 999, 61_000, 3_599_999, -5].map(minutes)).toEqual(['0:00', '0:00', '1:01', '59:59', '0:00']);
  });

  it('gives a track the same colour each time', () => {
    expect(hueOf('track-1')).toBe(hueOf('track-1'));
    for (const id of ['', 'ä', 'x'.repeat(500), '🎵']) {
      expect(hueOf(id)).toBeGreaterThanOrEqual(0);
      expect(hueOf(id)).toBeLessThan(360);
    }
  });

  it('writes features, whatever they are', () => {
    expect([1, 0.123456, 'x', null, [1], { a: 1 }].map(writeFeature)).toEqual([
      '1',
      '0.1235',
      'x',
      '–',
      '[1]',
      '{"a":1}',
    ]);
    const rate = MAIN_FEATURES.find(({ reference }) => reference === 'user:skip_rate_1d')!;
    expect(writeMain(rate, { 'user:skip_rate_1d': 0.67 })).toMatch(/^67/);
    expect(writeMain(rate, {})).toBe('–');
    expect(writeMain(rate, { 'user:skip_rate_1d': null })).toBe('–');
  });

  it('names what is liked, not what is avoided', () => {
    expect(
      likedMost(
        [
          ['A', 2],
          ['B', 1],
          ['C', 0.5],
          ['D', -3],
        ],
        2,
      ),
    ).toEqual(['A', 'B']);
    expect(likedMost([['D', -3]], 2)).toEqual([]);
    expect(likedMost(null, 2)).toEqual([]);
  });
});
