/** Why the log could not do what it was asked. `canRetry`: the same call may succeed later; `inDoubt`: it may have taken effect. */
export const LOG_ERRORS = {
  in_doubt: { canRetry: true, inDoubt: true },
  unavailable: { canRetry: true, inDoubt: false },
  no_space: { canRetry: true, inDoubt: false },
  closed: { canRetry: false, inDoubt: false },
  misconfigured: { canRetry: false, inDoubt: false },
  in_use: { canRetry: false, inDoubt: false },
} as const;
export type LogErrorCode = keyof typeof LOG_ERRORS;

export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
  get canRetry(): boolean {
    return LOG_ERRORS[this.code].canRetry;
  }
  get inDoubt(): boolean {
    return LOG_ERRORS[this.code].inDoubt;
  }
}
