import { hash } from 'node:crypto';

/** What stands for a client's event id of one tenant and user: 96 bits of SHA-256 as 16 characters. */
export function idHash(tenant: string, userId: string, id: string): string {
  return hash('sha256', `${tenant}\0${userId}\0${id}`, 'base64url').slice(0, 16);
}
