/** Every code of the protocol as data; `PROTOCOL.md` sections 5, 7 and 8 say when each is used (a test compares both). */

export const EVENT_CODES = [
  'unknown_type',
  'unknown_field',
  'missing_field',
  'invalid_field',
  'too_large',
  'too_old',
  'in_future',
  'forbidden_user',
  'disabled',
  'unprocessable',
  'withdrawn',
] as const;
export type EventCode = (typeof EVENT_CODES)[number];

export const NACK_CODES = ['sequence_gap', 'over_credit', 'going_away'] as const;
export type NackCode = (typeof NACK_CODES)[number];

export const UNSUBSCRIBED_CODES = [
  'ok',
  'unknown_feed',
  'forbidden',
  'invalid_filter',
  'too_many',
  'unavailable',
] as const;
export type UnsubscribedCode = (typeof UNSUBSCRIBED_CODES)[number];

/** Close codes: up to 4499 a client comes back by itself, from 4500 on it keeps its outbox and tells the application. */
export const CLOSE_CODES = {
  going_away: 4000,
  overloaded: 4001,
  slow_consumer: 4002,
  hello_timeout: 4003,
  credit_violation: 4004,
  sequence_violation: 4005,
  token_expired: 4006,
  storage_unavailable: 4007,
  protocol_error: 4500,
  unauthenticated: 4502,
  forbidden: 4503,
  superseded: 4504,
  fenced: 4505,
  revoked: 4506,
  too_large: 4507,
} as const;
export type CloseName = keyof typeof CLOSE_CODES;

/** GOAWAY precedes these closes. */
export const GOAWAY_BEFORE: ReadonlySet<CloseName> = new Set([
  'going_away',
  'overloaded',
  'token_expired',
  'storage_unavailable',
]);

/** The name of a close code, or undefined for one that this version does not list. */
export function closeName(code: number): CloseName | undefined {
  for (const name in CLOSE_CODES) if (CLOSE_CODES[name as CloseName] === code) return name as CloseName;
  return undefined;
}

/** Whether a client may come back by itself after this close code. A code that is not listed counts by its range. */
export function mayReconnect(code: number): boolean {
  return code < 4500;
}

/** A violation that ends the connection: the close code by name, and a sentence for people. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly close: CloseName;
  constructor(message: string, close: CloseName = 'protocol_error') {
    super(message);
    this.close = close;
  }
}
