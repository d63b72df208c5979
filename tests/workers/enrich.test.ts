import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../workers/catalogue.ts';
import type { SlabSource } from '../../workers/slab.ts';
import { event, NOW, runEvents } from './slabs.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0';

function enriched(
  fields: Record<string, unknown>,
  source: Partial<SlabSource> = {},
  catalogue?: Catalogue,
): Record<string, unknown> {
  const { stored, rejected } = runEvents([event(fields)], source, {}, catalogue);
  expect(rejected).toEqual([]);
  const { device, agent_family, os_family, completion, track } = stored[0]!;
  const all = { device, agent_family, os_family, completion, track };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

describe('the device', () => {
  it('comes from the user agent', () => {
    expect(enriched({}, { userAgent: IPHONE })).toEqual({ device: 'mobile', agent_family: 'Safari', os_family: 'iOS' });
    expect(enriched({}, { userAgent: FIREFOX })).toEqual({
      device: 'desktop',
      agent_family: 'Firefox',
      os_family: 'Linux',
    });
  });

  it('comes rather from what the event says', () => {
    const context = { device_type: 'speaker' };
    expect(enriched({ context }, { userAgent: IPHONE })).toEqual({
      device: 'speaker',
      agent_family: 'Safari',
      os_family: 'iOS',
    });
    expect(enriched({ context })).toEqual({ device: 'speaker' });
    expect(enriched({}, { context: { context: { device_type: 'car' } } })).toEqual({ device: 'car' });
  });

  it('takes the family of HELLO agent where there is no browser', () => {
    expect(enriched({}, { agent: 'gapless-player/2.1 (beta)' })).toEqual({ agent_family: 'gapless-player' });
    expect(enriched({}, { agent: 'player', userAgent: FIREFOX }).agent_family).toBe('Firefox');
  });

  it('lets nothing strange through', () => {
    for (const agent of ['', '/', '\u0000\u001b[31m', '<img>', 'é'.repeat(5_000), '('.repeat(10_000)]) {
      const { agent_family = 'x' } = enriched({}, { agent, userAgent: agent });
      expect(agent_family).toMatch(/^[A-Za-z0-9 ._+-]{1,64}$/);
    }
  });
});

describe('completion', () => {
  it.each([
    [{ position_ms: 50, duration_ms: 200 }, 0.25],
    [{ position_ms: 0, duration_ms: 200 }, 0],
    [{ position_ms: 300, duration_ms: 200 }, 1],
    [{ position_ms: 5, duration_ms: 0 }, undefined],
    [{ position_ms: 5 }, undefined],
    [{ duration_ms: 5 }, undefined],
  ])('of %j is %s', (fields, expected) => {
    expect(enriched(fields).completion).toBe(expected);
  });
});

describe('the catalogue', () => {
  const catalogue = new Catalogue(
    new Map([
      ['t-1', { artist: 'Nina', genre: 'jazz', duration_ms: 400 }],
      ['t-2', { artist: 'Björk' }],
    ]),
  );

  it('adds what it knows of the track', () => {
    expect(enriched({}, {}, catalogue)).toEqual({ track: { artist: 'Nina', genre: 'jazz', duration_ms: 400 } });
    expect(enriched({ track_id: 't-2' }, {}, catalogue)).toEqual({ track: { artist: 'Björk' } });
    expect(enriched({ track_id: 't-3' }, {}, catalogue)).toEqual({});
  });

  it('knows the duration where the event does not', () => {
    expect(enriched({ position_ms: 100 }, {}, catalogue).completion).toBe(0.25);
    expect(enriched({ position_ms: 100, duration_ms: 1_000 }, {}, catalogue).completion).toBe(0.1);
    expect(enriched({ position_ms: 100, track_id: 't-2' }, {}, catalogue).completion).toBeUndefined();
  });

  it('is asked for events that have a track only', () => {
    const feedback = {
      type: 'feedback_event',
      timestamp: NOW,
      user_id: 'u',
      recommendation_id: 'r',
      feedback_type: 'implicit',
    };
    const { stored } = runEvents([feedback, { ...feedback, track_id: 't-1' }], {}, {}, catalogue);
    expect(stored.map(({ track }) => track)).toEqual([undefined, { artist: 'Nina', genre: 'jazz', duration_ms: 400 }]);
  });
});

describe('switched off', () => {
  it('leaves the corrected time and nothing else', () => {
    const sent = event({ position_ms: 1, duration_ms: 2 });
    const { stored } = runEvents([sent], { userAgent: IPHONE, clockOffsetMs: 5 }, { enrichment: false });
    expect(stored).toEqual([
      { ...sent, event_time: NOW + 5, tenant: 'default', producer: 'p-1', epoch: 1, seq: 1, received_at: NOW },
    ]);
  });
});
