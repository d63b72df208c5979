/**
 * A route that asks for a token and reads its parameters and its JSON body by schemas, the same that the OpenAPI document is made of. Each
 * is there twice: under `/v1` and under its bare path.
 */
import { z } from 'zod';
import { type Authenticator, bearerToken } from './authenticator.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { Identity } from './identity.ts';
import { type JsonBody, jsonBodyReader } from './json-body.ts';
import type { Operation } from './openapi/operation.ts';
import { parameterReader } from './parameters.ts';
import { problem } from './problem.ts';
import { refuseToken } from './routes/publish.ts';
import { mediaType, type Params, type Route } from './routing.ts';

export interface EndpointOptions<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> {
  method: 'GET' | 'POST';
  /** Without `/v1`. */
  path: string;
  authenticator: Authenticator;
  about: Pick<Operation, 'tag' | 'summary' | 'description' | 'problems'>;
  parameters?: { path?: P; query?: Q };
  body?: { schema: B; limit: number; maxValues: number };
  /** The answer with status 200. */
  answer: { about: string; schema: z.ZodType };
  handle(call: Call<z.infer<P>, z.infer<Q>, z.infer<B>>): HttpReply | Promise<HttpReply>;
}

export interface Call<P, Q, B> {
  identity: Identity;
  path: P;
  query: Q;
  body: B;
}

const NOTHING = z.strictObject({});
type Nothing = typeof NOTHING;

export function endpoint<
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUnknown,
>(options: EndpointOptions<P, Q, B>): Route[] {
  const { method, path, authenticator, about, body, answer, handle } = options;
  const { path: pathSchema = NOTHING, query: querySchema = NOTHING } = options.parameters ?? {};
  const parameters = parameterReader(pathSchema as P, querySchema as Q);
  const readBody: (bytes: Uint8Array) => JsonBody<unknown> = body
    ? jsonBodyReader(body)
    : () => ({ ok: true, value: undefined });
  const verify = ({ headers }: HttpRequest) => authenticator.verify(bearerToken(headers.get('authorization')));

  const operation: Operation = {
    ...about,
    secured: true,
    ...(pathSchema !== NOTHING && { path: pathSchema }),
    ...(querySchema !== NOTHING && { query: querySchema }),
    ...(body && { body: { 'application/json': body.schema } }),
    answers: { 200: { about: answer.about, content: { 'application/json': answer.schema } } },
    problems: [...(about.problems ?? []), 'invalid_parameter'],
  };
  const route = {
    method,
    operation,
    ...(body && { bodyLimit: body.limit }),

    admit(request: HttpRequest) {
      if (body && mediaType(request) !== 'application/json') {
        return problem('unsupported_media_type', { detail: 'Send application/json.' });
      }
      const verified = verify(request);
      return verified.ok ? null : refuseToken(verified);
    },

    handle(request: HttpRequest, bytes: Uint8Array, params: Params) {
      const verified = verify(request);
      if (!verified.ok) return refuseToken(verified);
      const read = parameters.read(request, params);
      if (!read.ok) return read.reply;
      const json = readBody(bytes);
      if (!json.ok) return json.reply;
      return handle({
        identity: verified.identity,
        path: read.path,
        query: read.query,
        body: json.value as z.infer<B>,
      });
    },
  };
  return [`/v1${path}`, path].map((full) => ({ ...route, path: full }));
}

export function json(value: object): HttpReply {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/** Refuses what speaks of another user than the token, where the token names one; null lets it pass. */
export function refuseOthers({ userId }: Identity, asked: string | undefined): HttpReply | null {
  return userId === undefined || userId === asked ? null : problem('forbidden');
}
