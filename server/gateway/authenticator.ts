/** Who a token speaks for. One static token for everybody; accounts come later. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Identity } from './identity.ts';

export type Verified = { ok: true; identity: Identity } | { ok: false; code: 'unauthenticated' | 'token_expired' };

export interface Authenticator {
  /** Whether a token is asked for at all. */
  readonly needsToken: boolean;
  /** Synchronous and in the same time for every wrong token. */
  verify(token: string | undefined): Verified;
}

const EVERYBODY: Identity = { tenant: 'default', owner: '' };

/**
 * Without a token everybody who reaches the server is let in; the configuration sees to it that this is only loopback, unless it says
 * `GAPLESS_INSECURE=true`.
 */
export function createAuthenticator({ token }: { token?: string }): Authenticator {
  if (token === undefined) return { needsToken: false, verify: () => ({ ok: true, identity: EVERYBODY }) };
  // Digests are of one length, and their comparison tells nothing about where two tokens differ.
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  const expected = digest(token);
  return {
    needsToken: true,
    verify(given) {
      const same = timingSafeEqual(digest(given ?? ''), expected);
      return same && given !== undefined ? { ok: true, identity: EVERYBODY } : { ok: false, code: 'unauthenticated' };
    },
  };
}

/** The token of an `Authorization: Bearer ...` header. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,3000})$/i.exec(header)?.[1];
}
