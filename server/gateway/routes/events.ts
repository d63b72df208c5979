/** `POST /v1/events`: a batch of events; the answer comes when all of it is settled. */
import type { PublishOverHttp } from '../../ingest/request.ts';
import { type Authenticator, bearerToken } from '../authenticator.ts';
import type { Batch } from '../batch/batch.ts';
import { parseJsonBatch } from '../batch/json.ts';
import { parseMsgpackBatch } from '../batch/msgpack.ts';
import { parseNdjsonBatch } from '../batch/ndjson.ts';
import type { HttpRequest } from '../http.ts';
import { problem } from '../problem.ts';
import { mediaType, type Route } from '../routing.ts';
import * as schemas from '../schemas/events.ts';
import { PUBLISH_PROBLEMS, publishBatch, refuseToken, tryParse } from './publish.ts';

const PARSERS = new Map<string, (body: Uint8Array, query: string) => Batch>([
  ['application/json', parseJsonBatch],
  ['application/msgpack', parseMsgpackBatch],
  ['application/x-ndjson', parseNdjsonBatch],
]);

export interface EventsRouteParts {
  publish: PublishOverHttp;
  authenticator: Authenticator;
  bodyLimit: number;
}

export function eventsRoute({ publish, authenticator, bodyLimit }: EventsRouteParts): Route {
  const verify = ({ headers }: HttpRequest) => authenticator.verify(bearerToken(headers.get('authorization')));
  return {
    method: 'POST',
    path: '/v1/events',
    operation: {
      tag: 'events',
      summary: 'Store a batch of events',
      description:
        'The answer comes when all of it is settled. Without `producer` and `first` only an `id` protects an event when the request is repeated.',
      secured: true,
      query: schemas.linesQuery,
      body: {
        'application/json': schemas.batchBody,
        'application/msgpack': schemas.packedBody,
        'application/x-ndjson': schemas.linesBody,
      },
      answers: { 200: { about: 'Settled.', content: { 'application/json': schemas.settled } } },
      problems: PUBLISH_PROBLEMS,
    },
    bodyLimit,

    admit(request) {
      if (!PARSERS.has(mediaType(request))) {
        return problem('unsupported_media_type', { detail: `Send ${[...PARSERS.keys()].join(', ')}.` });
      }
      const verified = verify(request);
      return verified.ok ? null : refuseToken(verified);
    },

    async handle(request, body) {
      const verified = verify(request);
      if (!verified.ok) return refuseToken(verified);
      const parse = PARSERS.get(mediaType(request))!;
      const parsed = tryParse(() => parse(body, request.query));
      if ('reply' in parsed) return parsed.reply;
      return publishBatch(publish, request, { identity: verified.identity, batch: parsed.batch, bytes: body.length });
    },
  };
}
