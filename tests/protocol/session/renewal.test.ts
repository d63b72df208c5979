import { expect, test } from 'vitest';
import { TokenRenewal } from '../../../protocol/session/renewal.ts';

/** The server's clock is this far ahead of the session's. */
const OFFSET = 1_700_000_000_000;
const at = (now: number): number => OFFSET + now;

test('a token without an end is never replaced', () => {
  const renewal = new TokenRenewal();
  renewal.welcomed(at(0), undefined, 0);
  expect(renewal.dueAt).toBe(Number.POSITIVE_INFINITY);
});

test('it is replaced after four fifths of the time that is left, whatever the clocks say', () => {
  const renewal = new TokenRenewal();
  renewal.welcomed(at(1_000), at(101_000), 1_000);
  expect(renewal.dueAt).toBe(81_000);
  renewal.tried(81_000);
  renewal.authenticated(at(281_000), 81_000);
  expect(renewal.dueAt).toBe(241_000);
  renewal.authenticated(null, 90_000);
  expect(renewal.dueAt).toBe(Number.POSITIVE_INFINITY);
});

test('it is tried again after ten seconds, and never sooner', () => {
  const renewal = new TokenRenewal();
  renewal.welcomed(at(0), at(5_000), 0);
  expect(renewal.dueAt).toBe(4_000);
  renewal.tried(4_000);
  expect(renewal.dueAt).toBe(14_000);
  // The same token once more.
  renewal.authenticated(at(5_000), 4_100);
  expect(renewal.dueAt).toBe(14_000);
});

test('a new connection begins anew', () => {
  const renewal = new TokenRenewal();
  renewal.tried(0);
  renewal.welcomed(at(100), at(200), 100);
  expect(renewal.dueAt).toBe(180);
});
