/** The OpenAPI 3.1 document, made from the routes and the zod schemas that they read and answer with. */
import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { PROBLEMS, type ProblemCode } from '../problem.ts';
import type { Route } from '../routing.ts';
import { problemSchema, retryAfter } from '../schemas/problem.ts';
import { type Operation, TAGS } from './operation.ts';

const EVERYWHERE: readonly ProblemCode[] = ['bad_request', 'token_in_url', 'forbidden_origin', 'internal'];
const SECURED: readonly ProblemCode[] = ['unauthenticated', 'token_expired'];
const WITH_BODY: readonly ProblemCode[] = [
  'invalid_body',
  'request_timeout',
  'too_large',
  'unsupported_media_type',
  'overloaded',
];
const RETRY_STATUSES: ReadonlySet<number> = new Set([429, 503]);

const DESCRIPTION = `HTTP beside the WebSocket. Errors are \`application/problem+json\` (RFC 9457) with a stable \`code\`.
Paths without \`/v1\` are the same as those with it.`;

/** Routes without an operation are left out. Plain data, ready to be sent. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const paths: ZodOpenApiPathsObject = {};
  for (const { method, path, operation } of routes) {
    if (!operation) continue;
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(method, path, operation) };
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Gapless',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Where the server has a token.' } },
    },
  });
}

function describe(method: string, path: string, operation: Operation): ZodOpenApiOperationObject {
  const { tag, summary, description, secured, body } = operation;
  const requestParams = {
    ...(operation.path && { path: operation.path }),
    ...(operation.query && { query: operation.query }),
  };
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    // The empty requirement: a server without a token asks for none.
    security: secured ? [{ token: [] }, {}] : [{}],
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(body && { requestBody: { required: true, content: contentOf(body) } }),
    responses: { ...answersOf(operation), ...problemsOf(operation) },
  };
}

/** `GET /v1/features/{entity}/{id}` is `get_v1_features_entity_id`. */
function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;
}

function contentOf(content: Record<string, z.ZodType>): Record<string, { schema: z.ZodType }> {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}

function answersOf({ answers }: Operation): Record<string, ZodOpenApiResponseObject> {
  const responses = Object.entries(answers).map(([status, { about, content }]) => {
    return [status, { description: about, ...(content && { content: contentOf(content) }) }];
  });
  return Object.fromEntries(responses);
}

/** One answer for each status, with the codes that it may have. */
function problemsOf({ problems = [], secured, body, answers }: Operation): Record<string, ZodOpenApiResponseObject> {
  const codes = new Set([...EVERYWHERE, ...(secured ? SECURED : []), ...(body ? WITH_BODY : []), ...problems]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, some] of byStatus) {
    if (answers[status]) continue;
    responses[status] = {
      description: some.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
      content: { 'application/problem+json': { schema: problemSchema } },
      ...(RETRY_STATUSES.has(status) && { headers: z.object({ 'Retry-After': retryAfter }) }),
    };
  }
  return responses;
}
