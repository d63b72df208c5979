/** What the SDK tells an application beyond verdicts. Codes are stable; messages are for people. */
import { CLOSE_CODES, type CloseName } from '../protocol/codes.ts';

/** The client's own codes, each with what it means. A close that does not reconnect comes under the close code's name. */
export const CLIENT_ERRORS = {
  client_closed: 'close() was called before the verdict came',
  numbering_lost: 'the server settled numbers that this outbox never used; it goes on under a higher epoch',
  store_failed: 'the outbox could not be kept; nothing more is sent',
  store_damaged: 'part of a kept outbox could not be read; it goes on under a higher epoch',
  store_locked: 'another live client holds this outbox',
  token_failed: 'the function that gives the token threw; it is asked again after the backoff',
  bad_frame: 'the server sent what the protocol forbids; the client reconnects',
  bad_option: 'an option is wrong',
  closed_for_good: 'the server closed with a code of 4500 or above that this version does not know',
} as const;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS | CloseName;

export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** The WebSocket close code, where a close was the cause. */
  readonly closeCode?: number;
  /** The producer's current epoch, where the server told it (`fenced`). */
  readonly epoch?: number;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: { closeCode?: number; epoch?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    if (details.closeCode !== undefined) this.closeCode = details.closeCode;
    if (details.epoch !== undefined) this.epoch = details.epoch;
  }
}

/** The code under which a close is told. */
export function closeErrorCode(name: CloseName | undefined): ClientErrorCode {
  return name !== undefined && CLOSE_CODES[name] >= 4500 ? name : 'closed_for_good';
}
