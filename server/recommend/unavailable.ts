/** Nobody here can answer now: the partition is another's, the index or storage does not answer, or too much is asked. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly code = 'unavailable';
}
