/** `POST /feedback`: what became of recommendations. Events like any other, on the way that `POST /v1/events` takes. */
import type { PublishOverHttp } from '../../ingest/request.ts';
import { type Authenticator, bearerToken } from '../authenticator.ts';
import { parseFeedback } from '../batch/feedback.ts';
import type { HttpRequest } from '../http.ts';
import { problem } from '../problem.ts';
import { mediaType, type Route } from '../routing.ts';
import * as schemas from '../schemas/events.ts';
import { PUBLISH_PROBLEMS, publishBatch, refuseToken, tryParse } from './publish.ts';

export interface FeedbackRouteParts {
  publish: PublishOverHttp;
  authenticator: Authenticator;
  bodyLimit: number;
}

export function feedbackRoutes({ publish, authenticator, bodyLimit }: FeedbackRouteParts): Route[] {
  const verify = ({ headers }: HttpRequest) => authenticator.verify(bearerToken(headers.get('authorization')));
  return ['/v1/feedback', '/feedback'].map((path) => ({
    method: 'POST',
    path,
    operation: {
      tag: 'recommendations',
      summary: 'Tell what became of recommendations',
      description:
        'Events of the types `feedback_event`, `recommendation_shown`, `recommendation_clicked` and `explicit_rating`. The answer comes when they are settled, as of `POST /v1/events`.',
      secured: true,
      body: { 'application/json': schemas.feedbackBody },
      answers: { 200: { about: 'Settled.', content: { 'application/json': schemas.settled } } },
      problems: PUBLISH_PROBLEMS,
    },
    bodyLimit,

    admit(request) {
      if (mediaType(request) !== 'application/json')
        return problem('unsupported_media_type', { detail: 'Send application/json.' });
      const verified = verify(request);
      return verified.ok ? null : refuseToken(verified);
    },

    async handle(request, body) {
      const verified = verify(request);
      if (!verified.ok) return refuseToken(verified);
      const parsed = tryParse(() => parseFeedback(body));
      if ('reply' in parsed) return parsed.reply;
      return publishBatch(publish, request, { identity: verified.identity, batch: parsed.batch, bytes: body.length });
    },
  }));
}
