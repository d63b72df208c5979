/** What the SDK tells an application beyond verdicts. Codes are stable; messages are for people. */
import { CLOSE_CODES, type CloseName, type UnsubscribedCode } from '../protocol/codes.ts';

/** The client's own codes; `docs/CLIENT.md` says what each means. A close that does not reconnect comes under the close code's name. */
export const CLIENT_ERRORS = [
  'client_closed',
  'numbering_lost',
  'store_failed',
  'store_damaged',
  'store_locked',
  'store_missing',
  'token_failed',
  'bad_frame',
  'bad_option',
  'closed_for_good',
] as const;

export type ClientErrorCode = (typeof CLIENT_ERRORS)[number] | CloseName | Exclude<UnsubscribedCode, 'ok'>;

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
