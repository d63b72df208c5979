/**
 * `POST /v1/beacon`: what a page sends while it is being closed (`navigator.sendBeacon`). Such a request can carry no header, so it is
 * text with the JSON batch and the token inside; nobody reads the answer, which is empty.
 */
import { BEACON_MAX_BYTES } from '../../../protocol/limits.ts';
import type { PublishOverHttp } from '../../ingest/request.ts';
import type { Authenticator } from '../authenticator.ts';
import { parseJsonBatch } from '../batch/json.ts';
import { problem } from '../problem.ts';
import { mediaType, type Route } from '../routing.ts';
import { beaconBody } from '../schemas/events.ts';
import { PUBLISH_PROBLEMS, publishBatch, refuseToken, tryParse } from './publish.ts';

export interface BeaconRouteParts {
  publish: PublishOverHttp;
  authenticator: Authenticator;
}

export function beaconRoute({ publish, authenticator }: BeaconRouteParts): Route {
  return {
    method: 'POST',
    path: '/v1/beacon',
    operation: {
      tag: 'events',
      summary: 'Store what a page sends while it is being closed',
      secured: false,
      body: { 'text/plain': beaconBody },
      answers: { 204: { about: 'Settled, rejected events included.' } },
      problems: [...PUBLISH_PROBLEMS.filter((code) => code !== 'all_rejected'), 'unauthenticated', 'token_expired'],
    },
    bodyLimit: BEACON_MAX_BYTES,

    admit: (request) =>
      mediaType(request) === 'text/plain' ? null : problem('unsupported_media_type', { detail: 'Send text/plain.' }),

    async handle(request, body) {
      const parsed = tryParse(() => parseJsonBatch(body));
      if ('reply' in parsed) return parsed.reply;
      const { batch } = parsed;
      const verified = authenticator.verify(batch.token);
      if (!verified.ok) return refuseToken(verified);
      const reply = await publishBatch(publish, request, { identity: verified.identity, batch, bytes: body.length });
      const settled = reply.status === 200 || reply.status === 422;
      return settled ? { status: 204 } : reply;
    },
  };
}
