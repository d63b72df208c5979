import { describe, expect, it } from 'vitest';
import { listeners, makeCatalogue, type SyntheticEvent } from '../../../loadtest/listeners/index.ts';
import { validateEvent } from '../../../protocol/events.ts';

const HOUR = 3_600_000;

function take(count: number, options: Parameters<typeof listeners>[0] = {}): SyntheticEvent[] {
  const taken: SyntheticEvent[] = [];
  for (const one of listeners(options)) {
    taken.push(one);
    if (taken.length >= count) break;
  }
  return taken;
}

/** Plays of each whole session, in order: sessions whose last event is not near the cut. */
function sessions(events: readonly SyntheticEvent[]): Record<string, unknown>[][] {
  const byId = new Map<string, SyntheticEvent[]>();
  for (const one of events) {
    const id = one.event.session_id as string | undefined;
    if (id === undefined) continue;
    byId.set(id, [...(byId.get(id) ?? []), one]);
  }
  const cut = events.at(-1)!.atMs - HOUR;
  return [...byId.values()].filter((list) => list.at(-1)!.atMs < cut).map((list) => list.map(({ event }) => event));
}

function outcomes(events: readonly Record<string, unknown>[], verb: 'skip' | 'complete'): number {
  const type = verb === 'skip' ? 'track_skipped' : 'track_completed';
  return events.filter((event) => event.action === verb || event.type === type).length;
}

const sample = take(120_000, { seed: 7, users: 2000, tracks: 5000 });
const whole = sessions(sample);

describe('synthetic listeners', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(take(3000, { seed: 3 })).toEqual(take(3000, { seed: 3 }));
    expect(take(50, { seed: 4 })).not.toEqual(take(50, { seed: 3 }));
  });

  it('make events that the server takes, in the order of their time', () => {
    const refused = sample.map(({ event }) => validateEvent(event)).filter((verdict) => !verdict.ok);
    expect(refused).toEqual([]);
    expect(sample.every(({ atMs }, i) => i === 0 || atMs >= sample[i - 1]!.atMs)).toBe(true);
    expect(sample.every(({ atMs, event }) => event.timestamp === atMs)).toBe(true);
  });

  it('have sessions of 10 to 20 tracks, of one listener on one device', () => {
    expect(whole.length).toBeGreaterThan(1000);
    for (const events of whole) {
      const heard = outcomes(events, 'skip') + outcomes(events, 'complete');
      expect(heard).toBeGreaterThanOrEqual(10);
      expect(heard).toBeLessThanOrEqual(20);
      expect(new Set(events.map((event) => event.user_id)).size).toBe(1);
      const devices = events.flatMap((event) => (event.context as { device_type?: string })?.device_type ?? []);
      expect(new Set(devices).size).toBe(1);
    }
  });

  it('skip about half of the tracks', () => {
    const events = sample.map(({ event }) => event);
    const skipped = outcomes(events, 'skip');
    expect(skipped / (skipped + outcomes(events, 'complete'))).toBeCloseTo(0.5, 1);
  });

  it('report a play either with an action or with an event of the track', () => {
    for (const events of whole) {
      const actions = events.some((event) => event.action === 'skip' || event.action === 'complete');
      const ofTracks = events.some((event) => event.type === 'track_skipped' || event.type === 'track_completed');
      expect(actions && ofTracks).toBe(false);
    }
  });

  it('choose tracks after Zipf: the one of rank 10 about ten times as often as that of rank 100', () => {
    const plays = new Map<unknown, number>();
    for (const { event } of sample) {
      if (event.action === 'play' && event.position_ms === 0)
        plays.set(event.track_id, (plays.get(event.track_id) ?? 0) + 1);
    }
    const ranked = [...plays.values()].sort((a, b) => b - a);
    expect(ranked[9]! / ranked[99]!).toBeGreaterThan(5);
    expect(ranked[9]! / ranked[99]!).toBeLessThan(20);
  });

  it('stay with an artist for a while', () => {
    const catalogue = makeCatalogue({ seed: 7, tracks: 5000 });
    const artistOf = new Map(catalogue.tracks.map((track) => [track.id as unknown, track.artist]));
    let same = 0;
    let steps = 0;
    for (const events of whole) {
      const plays = events.filter((event) => event.action === 'play' && event.position_ms === 0);
      for (let i = 1; i < plays.length; i++, steps++) {
        if (artistOf.get(plays[i]!.track_id) === artistOf.get(plays[i - 1]!.track_id)) same++;
      }
    }
    expect(same / steps).toBeGreaterThan(0.5);
  });

  it('use several devices, and listen less at night than in the evening', () => {
    const devices = new Map<unknown, Set<unknown>>();
    for (const { event } of sample) {
      const device = (event.context as { device_type?: string })?.device_type;
      if (device) devices.set(event.user_id, (devices.get(event.user_id) ?? new Set()).add(device));
    }
    const several = [...devices.values()].filter((set) => set.size > 1).length;
    expect(several / devices.size).toBeGreaterThan(0.25);

    const perHour = new Array<number>(24).fill(0);
    const day = take(60_000, { seed: 9, users: 200, sessionsPerDay: 20 }).filter(
      (one) => one.atMs < Date.UTC(2025, 0, 7),
    );
    for (const { atMs } of day) perHour[new Date(atMs).getUTCHours()]!++;
    // Most of them live around UTC.
    expect(perHour[18]! + perHour[19]!).toBeGreaterThan(1.5 * (perHour[3]! + perHour[4]!));
  });

  it('can be split over streams without sharing a listener', () => {
    const first = new Set(take(2000, { users: 100 }).map(({ event }) => event.user_id));
    const second = new Set(take(2000, { users: 100, firstUser: 100 }).map(({ event }) => event.user_id));
    expect([...first].filter((user) => second.has(user))).toEqual([]);
  });
});
