/** Errors of the feature store and of the groups' store. */
export type StoreErrorCode = 'unavailable' | 'in_doubt' | 'closed' | 'misconfigured';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
