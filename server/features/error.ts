/**
 * Errors of the feature store and of the groups' store.
 *
 *   unavailable     nothing was written; it may succeed later
 *   in_doubt        it may stand: ask storage what does
 *   closed          the store is closed
 *   misconfigured   storage is not what it should be: wrong address or rights, data of another version
 *   invalid         what was asked for can never be stored (a key beyond its limit); repeating it does not help
 */
export type StoreErrorCode = 'unavailable' | 'in_doubt' | 'closed' | 'misconfigured' | 'invalid';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
