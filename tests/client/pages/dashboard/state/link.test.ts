import { expect, it } from 'vitest';
import { describeLink, type LinkFacts, NO_FACTS } from '../../../../../client/pages/dashboard/state/link.ts';

const LIVE: LinkFacts = { ...NO_FACTS, client: 'open', openedAt: 0, figuresAt: 10_000 };
const NOW = 10_500;
const link = (facts: Partial<LinkFacts>, now = NOW) => describeLink({ ...LIVE, ...facts }, now);

it.each<[string, Partial<LinkFacts>, number]>([
  ['connecting', NO_FACTS, NOW],
  ['connecting', { figuresAt: null, openedAt: 10_000 }, NOW],
  ['live', {}, NOW],
  ['silent', {}, 20_000],
  ['silent', { figuresAt: null }, NOW],
  ['behind', { gap: { at: 10_000, skipped: 3 } }, NOW],
  ['live', { gap: { at: 0, skipped: 3 } }, NOW],
  ['disconnected', { client: 'waiting', lostAt: 10_000 }, NOW],
  ['disconnected', { client: 'connecting', lostAt: 10_000 }, NOW],
  ['disconnected', { client: 'offline', lostAt: 10_000 }, NOW],
  ['token', { client: 'failed', failure: { code: 'unauthenticated', message: '' } }, NOW],
  ['token', { failure: { code: 'forbidden', message: '' } }, NOW],
  ['failed', { client: 'failed', failure: { code: 'protocol_error', message: 'no' } }, NOW],
])('is %s', (kind, facts, now) => {
  expect(link(facts, now).kind).toBe(kind);
});

it('says how long, how much and why', () => {
  const lost = link({ client: 'waiting', lostAt: 3_500, lastClose: { code: 4000, name: 'going_away' } });
  expect(lost.text).toMatch(/^Disconnected for 7.s$/);
  expect(lost.detail).toContain('going_away');
  const never = link({ client: 'waiting', lostAt: 3_500, openedAt: null });
  expect([never.text, never.detail]).toEqual([
    expect.stringMatching(/^No connection for 7.s$/),
    expect.stringContaining('ORIGINS'),
  ]);
  expect(link({ gap: { at: 10_000, skipped: 3 } }).detail).toMatch(/^3 figures were left out/);
  expect(link({ gap: { at: 10_000, skipped: null } }).detail).toMatch(/^Some figures/);
  expect(link({ failure: { code: 'protocol_error', message: 'no' } }).detail).toBe('no (protocol_error)');
  expect(link({ failure: { code: 'forbidden', message: '' } }).detail).toContain('may not read');
});
