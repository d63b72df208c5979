/** What LMDB and the `lmdb` package throw. */

/** An error of LMDB itself: its code is a number. */
export function isLmdbError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}

export function isFull(error: Error & { code?: unknown }): boolean {
  return error.code === 28 || /no space left/i.test(error.message);
}

/** Why a transaction failed: the package rejects with a general error that carries the promise of the real one. */
export async function commitError(error: unknown): Promise<Error> {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (!('commitError' in cause)) return cause;
  try {
    await cause.commitError;
    return cause;
  } catch (real) {
    return real instanceof Error ? real : new Error(String(real));
  }
}
