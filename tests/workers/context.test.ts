import { describe, expect, it } from 'vitest';
import { event, runEvents } from './slabs.ts';

const context = {
  user_id: 'u-c',
  session_id: 's-c',
  recommendation_id: 'r-c',
  rating: 4,
  context: { source: 'radio', device_type: 'car' },
};

describe('the context of the connection', () => {
  it('fills in fields that an event lacks and that its type has', () => {
    const lacking = event({ user_id: undefined, session_id: undefined });
    const rating = { type: 'explicit_rating', timestamp: 1, track_id: 't' };
    const { stored, rejected } = runEvents([lacking, rating, event()], { context });
    expect(rejected).toEqual([]);
    expect(stored[0]).toMatchObject({
      ...lacking,
      user_id: 'u-c',
      session_id: 's-c',
      recommendation_id: 'r-c',
      context: context.context,
    });
    expect(stored[0]).not.toHaveProperty('rating');
    expect(stored[1]).toMatchObject({ user_id: 'u-c', rating: 4, track_id: 't' });
    for (const field of ['session_id', 'recommendation_id', 'context']) expect(stored[1]).not.toHaveProperty(field);
    expect(stored[2]).toMatchObject({ user_id: 'u-1', session_id: 's-1', recommendation_id: 'r-c' });
  });

  it('merges the inner map key by key; the event wins', () => {
    const inner = (own: unknown) => runEvents([event({ context: own })], { context }).stored[0]?.context;
    expect(inner({ device_type: 'tv' })).toEqual({ source: 'radio', device_type: 'tv' });
    expect(inner({ playlist_id: 'p' })).toEqual({ source: 'radio', device_type: 'car', playlist_id: 'p' });
    expect(inner({ source: 'search', device_type: 'tv' })).toEqual({ source: 'search', device_type: 'tv' });
    expect(inner({})).toEqual(context.context);
  });

  it('does not hide what is wrong with the event', () => {
    const { rejected } = runEvents(
      [event({ user_id: null }), event({ context: 'x' }), event({ context: { mood: 1 } }), event({ type: 'y' })],
      {
        context,
      },
    );
    expect(rejected).toEqual([
      '1 invalid_field user_id',
      '2 invalid_field context',
      '3 unknown_field context.mood',
      '4 unknown_type type',
    ]);
  });

  it('does not pass from one event or connection to the next', () => {
    const { stored } = runEvents([event({ context: { playlist_id: 'p' } }), event()], { context });
    expect(stored[1]?.context).toEqual(context.context);
    expect(runEvents([event({ user_id: undefined })]).rejected).toEqual(['1 missing_field user_id']);
  });
});

describe('the user of the token', () => {
  it('fills in a missing user_id; any other is forbidden', () => {
    const source = { userId: 'u-t' };
    const { stored, rejected, letters } = runEvents(
      [event({ user_id: undefined }), event({ user_id: 'u-t' }), event({ user_id: 'u-1' }), event({ user_id: 5 })],
      source,
    );
    expect(stored.map(({ user_id }) => user_id)).toEqual(['u-t', 'u-t']);
    expect(rejected).toEqual(['3 forbidden_user user_id', '4 invalid_field user_id']);
    expect(letters.map(({ stage }) => stage)).toEqual(['validate', 'validate']);
  });

  it('comes after the context, whose user is forbidden if it is another', () => {
    const anonymous = event({ user_id: undefined });
    expect(runEvents([anonymous], { userId: 'u-t', context: { user_id: 'u-t' } }).rejected).toEqual([]);
    expect(runEvents([anonymous], { userId: 'u-t', context: { user_id: 'u-c' } }).rejected).toEqual([
      '1 forbidden_user user_id',
    ]);
  });
});

describe('the clock of the connection', () => {
  it('moves event_time, and the verdict on the time comes after', () => {
    const ahead = event({ timestamp: 1_790_003_600_000 });
    expect(runEvents([ahead]).rejected).toEqual(['1 in_future timestamp']);
    const { stored } = runEvents([ahead], { clockOffsetMs: -3_600_000 });
    expect(stored[0]).toMatchObject({ timestamp: 1_790_003_600_000, event_time: 1_790_000_000_000 });
    expect(runEvents([event()], { clockOffsetMs: 300_001 }).rejected).toEqual(['1 in_future timestamp']);
    expect(runEvents([event()], { clockOffsetMs: -60_000 }, { maxAgeMs: 59_999 }).rejected).toEqual([
      '1 too_old timestamp',
    ]);
  });

  it('reads texts with their own offset', () => {
    const { stored } = runEvents([event({ timestamp: '2026-09-21T14:00:00.5+02:00' })], { clockOffsetMs: 250 });
    expect(stored[0]?.event_time).toBe(Date.UTC(2026, 8, 21, 12, 0, 0, 750));
  });
});

describe('feedback events', () => {
  it('are disabled on request, before their fields are looked at', () => {
    const feedback = {
      type: 'feedback_event',
      timestamp: 1,
      user_id: 'u',
      recommendation_id: 'r',
      feedback_type: 'implicit',
    };
    const events = [feedback, { type: 'explicit_rating', nonsense: 1 }, event()];
    const off = runEvents(events, {}, { feedbackEvents: false });
    expect(off.rejected).toEqual(['1 disabled type', '2 disabled type']);
    expect(off.letters.length).toBe(2);
    expect(off.stored.length).toBe(1);
    expect(runEvents([feedback]).rejected).toEqual([]);
  });
});
