/** The small parts of the gateway that need no socket. */
import { describe, expect, it } from 'vitest';
import { createAdmission, isLoopbackAddress } from '../../../server/gateway/admission.ts';
import { bearerToken, createAuthenticator } from '../../../server/gateway/authenticator.ts';
import { PROBLEMS, problem } from '../../../server/gateway/problem.ts';

const v4 = (text: string) => new Uint8Array(text.split('.').map(Number));
const mapped = (text: string) => new Uint8Array([...Array(10).fill(0), 0xff, 0xff, ...v4(text)]);
const v6 = (...groups: number[]) => {
  const whole = [...groups, ...Array(8 - groups.length).fill(0)];
  return new Uint8Array(whole.flatMap((group) => [group >> 8, group & 0xff]));
};

describe('createAuthenticator', () => {
  it('lets everybody in where no token is set', () => {
    const open = createAuthenticator({});
    expect(open.needsToken).toBe(false);
    for (const token of [undefined, '', 'whatever']) {
      expect(open.verify(token)).toEqual({ ok: true, identity: { tenant: 'default', owner: '' } });
    }
  });

  it('takes the one token and no other', () => {
    const strict = createAuthenticator({ token: 'secret' });
    expect(strict.needsToken).toBe(true);
    expect(strict.verify('secret')).toEqual({ ok: true, identity: { tenant: 'default', owner: '' } });
    for (const token of [undefined, '', 'secre', 'secrets', 'Secret', 'secret\0']) {
      expect(strict.verify(token)).toEqual({ ok: false, code: 'unauthenticated' });
    }
  });
});

describe('bearerToken', () => {
  it('reads what follows Bearer', () => {
    expect(bearerToken('Bearer abc')).toBe('abc');
    expect(bearerToken('bearer  a.b-c')).toBe('a.b-c');
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Basic abc',
      'Bearer a b',
      `Bearer ${'x'.repeat(3001)}`,
    ]) {
      expect(bearerToken(header)).toBeUndefined();
    }
  });
});

describe('createAdmission', () => {
  it('counts by network and second', () => {
    let now = 1000;
    const admission = createAdmission(2, () => now);
    const tries = (address: Uint8Array, times: number) => Array.from({ length: times }, () => admission.admit(address));
    expect(tries(v4('10.0.0.1'), 3)).toEqual([true, true, false]);
    expect(tries(v4('10.0.0.2'), 1)).toEqual([true]);
    expect(tries(mapped('10.0.0.1'), 1)).toEqual([false]);
    expect(tries(v6(0x2001, 0xdb8, 1, 2, 3), 2)).toEqual([true, true]);
    expect(tries(v6(0x2001, 0xdb8, 1, 2, 99), 1)).toEqual([false]);
    expect(tries(v6(0x2001, 0xdb8, 1, 3), 1)).toEqual([true]);
    now = 2000;
    expect(tries(v4('10.0.0.1'), 1)).toEqual([true]);
  });

  it('does not count this machine, and nobody at 0', () => {
    const admission = createAdmission(1, () => 0);
    for (const address of [v4('127.0.0.1'), v4('127.9.9.9'), mapped('127.0.0.1'), v6(0, 0, 0, 0, 0, 0, 0, 1)]) {
      expect(isLoopbackAddress(address)).toBe(true);
      expect([admission.admit(address), admission.admit(address)]).toEqual([true, true]);
    }
    for (const address of [v4('10.0.0.1'), mapped('10.0.0.1'), v6(), v6(0, 0, 0, 0, 0, 0, 1, 1)]) {
      expect(isLoopbackAddress(address)).toBe(false);
    }
    const open = createAdmission(0);
    expect([1, 2, 3].map(() => open.admit(v4('10.0.0.1')))).toEqual([true, true, true]);
  });
});

describe('problem', () => {
  it('has a status, a title and a stable code', () => {
    const reply = problem('sequence_gap', { members: { expected: 4 }, detail: 'Go back.' });
    expect(reply).toMatchObject({ status: 409, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(reply.body as string)).toEqual({
      title: 'Earlier numbers are missing',
      status: 409,
      code: 'sequence_gap',
      detail: 'Go back.',
      expected: 4,
    });
  });

  it('tells to come back after whole seconds', () => {
    expect(problem('overloaded', { retryAfterMs: 1001 }).headers).toMatchObject({ 'retry-after': '2' });
    expect(problem('overloaded', { retryAfterMs: 0 }).headers).toMatchObject({ 'retry-after': '1' });
  });

  it('uses each title once', () => {
    const titles = Object.values(PROBLEMS).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
