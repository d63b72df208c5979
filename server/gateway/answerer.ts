/** Asks another part of the server for an answer, and words that there is none: within its time, or at all. */
import type { Logger } from '../ops/logger.ts';
import { UnavailableError } from '../recommend/unavailable.ts';
import type { HttpReply } from './http.ts';
import { problem } from './problem.ts';

export type Asked<T> = { ok: true; value: T } | { ok: false; reply: HttpReply };

export type Answerer = <T>(answer: Promise<T>) => Promise<Asked<T>>;

const RETRY_AFTER_MS = 1_000;
/** Failures come in crowds; one line of them in this time is enough. */
const LOG_EVERY_MS = 10_000;

/** `what` is for logs. `timeoutMs`: when whoever waits is told to come back. */
export function createAnswerer(what: string, timeoutMs: number, logger: Logger): Answerer {
  let silentUntil = 0;

  function failed(error: unknown): { ok: false; reply: HttpReply } {
    const now = Date.now();
    if (now >= silentUntil) {
      silentUntil = now + LOG_EVERY_MS;
      logger.warn({ err: error }, `${what} cannot answer`);
    }
    const detail = error instanceof UnavailableError ? { detail: error.message } : {};
    return { ok: false, reply: problem('unavailable', { ...detail, retryAfterMs: RETRY_AFTER_MS }) };
  }

  return async (answer) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return { ok: true, value: await Promise.race([answer, late]) };
    } catch (error) {
      return failed(error);
    } finally {
      clearTimeout(timer);
    }
  };
}
