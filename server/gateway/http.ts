/**
 * HTTP without the library that carries it: what a request and a reply are, and the way from one to the other. The transport hands in
 * a request, then the chunks of its body; it gets exactly one reply back, or none if the client went away.
 *
 *   begin -> refused | handled at once | body collected, then handled -> answered
 */
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import { type BodyCollector, createBodyBudget } from './body.ts';
import type { OriginCheck } from './origins.ts';
import { problem } from './problem.ts';
import {
  announcesBody,
  carriesToken,
  createRouter,
  type Found,
  isOddMethod,
  type Params,
  type Route,
} from './routing.ts';

export interface HttpRequest {
  /** Upper case. */
  method: string;
  /** As it was sent, nothing decoded. */
  path: string;
  query: string;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  /** What makes the request ambiguous (two lengths, two hosts, ...), for people. */
  malformed?: string;
  /** Whether it comes from this machine. */
  loopback: boolean;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** How a reply leaves; called once. `last`: the connection ends after it. */
export type Answer = (reply: HttpReply, last: boolean) => void;

/** One request on its way. */
export interface Exchange {
  /** The bytes are valid only during the call. */
  data(chunk: Uint8Array, last: boolean): void;
  /** The client went away; nothing is answered any more. */
  aborted(): void;
}

export interface HttpOptions {
  routes: readonly Route[];
  originAllowed: OriginCheck;
  logger: Logger;
  metrics: Pick<Metrics, 'httpAnswered' | 'handlerFailed'>;
  /** What bodies that are being collected or handled may take, all together. */
  bodyBudgetBytes: number;
  /** A body must be there within this time, ms. */
  bodyTimeoutMs: number;
}

export interface Http {
  begin(request: HttpRequest, answer: Answer): Exchange;
  /** From now on every reply ends its connection. */
  drain(): void;
  /** Resolves when no request is being handled. */
  settled(): Promise<void>;
}

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
const PREFLIGHT_SECONDS = '600';
const NOTHING = new Uint8Array(0);

export function createHttp(options: HttpOptions): Http {
  const { originAllowed, logger, metrics } = options;
  const findRoute = createRouter(options.routes);
  const bodies = createBodyBudget(options);
  let draining = false;
  let handling = 0;
  let waiting: (() => void)[] = [];

  const allowed = ({ headers }: HttpRequest) => originAllowed(headers.get('origin'), headers.get('host'));

  function begin(request: HttpRequest, answer: Answer): Exchange {
    const found = findRoute(request);
    const label = found.status === 'found' ? found.route.path : found.status;
    let body: BodyCollector | undefined;
    /** `done`: answered, or nobody is there any more to answer. */
    let state: 'reading' | 'handling' | 'done' = 'reading';

    /** `last` where the client may still be sending, so that the connection cannot be used again. */
    const finish = (reply: HttpReply, last: boolean) => {
      if (state === 'done') return;
      state = 'done';
      metrics.httpAnswered(label, reply.status);
      answer(
        { ...reply, headers: { ...ALWAYS, ...corsHeaders(request, allowed(request)), ...reply.headers } },
        last || draining,
      );
    };
    const handle = async (route: Route, params: Params, bytes: Uint8Array) => {
      state = 'handling';
      handling++;
      try {
        finish(await route.handle(request, bytes, params), false);
      } catch (error) {
        metrics.handlerFailed();
        logger.error({ err: error, route: route.path }, 'an HTTP handler failed');
        finish(problem('internal'), false);
      } finally {
        body?.release();
        handling--;
        wake();
      }
    };

    const take = (route: Route, params: Params) => {
      const refusal = carriesToken(request.query) ? problem('token_in_url') : route.admit?.(request);
      if (refusal) {
        finish(refusal, announcesBody(request));
      } else if (route.bodyLimit === undefined) {
        void handle(route, params, NOTHING);
      } else {
        body = bodies.collect(request, route.bodyLimit, {
          complete: (bytes) => void handle(route, params, bytes),
          refused: (reply) => finish(reply, true),
        });
      }
    };

    if (request.malformed) {
      // Not at once: what stands behind it in the same packet may be a smuggled request, and while this one waits for its answer the
      // transport refuses any other on its connection.
      setImmediate(finish, problem('bad_request', { detail: request.malformed }), true);
    } else if (!allowed(request)) {
      finish(problem('forbidden_origin'), announcesBody(request));
    } else if (found.status !== 'found') {
      finish(elsewhere(request, found), announcesBody(request));
    } else {
      take(found.route, found.params);
    }

    return {
      data(chunk, last) {
        if (state === 'reading') body?.add(chunk, last);
      },
      aborted() {
        if (state === 'reading') body?.release();
        state = 'done';
      },
    };
  }

  function wake(): void {
    if (handling > 0) return;
    const due = waiting;
    waiting = [];
    for (const resolve of due) resolve();
  }

  return {
    begin,
    drain() {
      draining = true;
    },
    settled: () => (handling === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}

function corsHeaders({ headers }: HttpRequest, allowed: boolean): Record<string, string> {
  const origin = headers.get('origin');
  if (!allowed || origin === undefined) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': 'retry-after', vary: 'Origin' };
}

/** The answer where no route has this path, or none has this method. */
function elsewhere(request: HttpRequest, found: Exclude<Found, { status: 'found' }>): HttpReply {
  if (found.status === 'unknown') return problem('not_found');
  const { allow } = found;
  if (request.method === 'OPTIONS') return { status: 204, headers: { allow, ...preflightHeaders(request, allow) } };
  const reply = problem('method_not_allowed', { headers: { allow } });
  return isOddMethod(request.method) ? { status: reply.status, headers: { allow } } : reply;
}

function preflightHeaders({ headers }: HttpRequest, allow: string): Record<string, string> {
  if (!headers.has('access-control-request-method')) return {};
  return {
    'access-control-allow-methods': allow,
    'access-control-allow-headers': 'authorization, content-type',
    'access-control-max-age': PREFLIGHT_SECONDS,
  };
}
