/** Collects request bodies: each within its limit and its time, all of them within one budget of memory. */
import type { HttpReply, HttpRequest } from './http.ts';
import { problem } from './problem.ts';

export interface BodyCollector {
  /** The chunk is copied. */
  add(chunk: Uint8Array, last: boolean): void;
  /** Gives its share of the budget back and stops its clock. A second call does nothing. */
  release(): void;
}

/** Exactly one of the two is called, unless the collector is released before. */
export interface BodyListener {
  complete(body: Uint8Array): void;
  refused(reply: HttpReply): void;
}

export interface BodyBudget {
  /** Bytes held by bodies that are being collected or handled. */
  readonly held: number;
  collect(request: HttpRequest, limit: number, listener: BodyListener): BodyCollector;
}

export interface BodyBudgetOptions {
  bodyBudgetBytes: number;
  bodyTimeoutMs: number;
}

const RETRY_AFTER_MS = 1_000;

export function createBodyBudget({ bodyBudgetBytes, bodyTimeoutMs }: BodyBudgetOptions): BodyBudget {
  let held = 0;

  function collect(request: HttpRequest, limit: number, listener: BodyListener): BodyCollector {
    let chunks: Uint8Array[] = [];
    let size = 0;
    let state: 'open' | 'complete' | 'released' = 'open';

    const release = () => {
      if (state === 'released') return;
      state = 'released';
      clearTimeout(timer);
      held -= size;
      chunks = [];
    };
    const refuse = (reply: HttpReply) => {
      release();
      listener.refused(reply);
    };
    const tooLarge = () => refuse(problem('too_large', { members: { limit } }));

    const timer = setTimeout(() => refuse(problem('request_timeout')), bodyTimeoutMs);
    if (Number(request.headers.get('content-length') ?? 0) > limit) tooLarge();
    return {
      add(chunk, last) {
        if (state !== 'open') return;
        if (size + chunk.length > limit) return tooLarge();
        if (held + chunk.length > bodyBudgetBytes)
          return refuse(problem('overloaded', { retryAfterMs: RETRY_AFTER_MS }));
        size += chunk.length;
        held += chunk.length;
        if (chunk.length > 0) chunks.push(chunk.slice());
        if (!last) return;
        state = 'complete';
        clearTimeout(timer);
        listener.complete(chunks.length === 1 ? chunks[0]! : joined(chunks, size));
      },
      release,
    };
  }

  return {
    get held() {
      return held;
    },
    collect,
  };
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
