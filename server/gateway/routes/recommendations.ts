/** `/recommendations`: lists for one listener or many, and tracks like one. */
import type { Logger } from '../../ops/logger.ts';
import type { RecommendationList, RecommendationRequest } from '../../recommend/port.ts';
import { createAnswerer } from '../answerer.ts';
import type { Authenticator } from '../authenticator.ts';
import { endpoint, json, refuseOthers } from '../endpoint.ts';
import type { Route } from '../routing.ts';
import * as schemas from '../schemas/recommendations.ts';

/** Rejects where nobody can answer. */
export type Recommend = (request: RecommendationRequest) => Promise<RecommendationList>;

export interface RecommendationRouteParts {
  recommend: Recommend;
  authenticator: Authenticator;
  logger: Logger;
}

/** Whoever is asked gives up much earlier and says what is popular instead. */
const TIMEOUT_MS = 5_000;
const BODY_LIMIT = 256 * 1024;
const BODY_VALUES = 20_000;

export function recommendationRoutes({ recommend, authenticator, logger }: RecommendationRouteParts): Route[] {
  const answer = createAnswerer('the recommender', TIMEOUT_MS, logger);
  const list = { about: 'The list.', schema: schemas.recommendationList };
  return [
    ...endpoint({
      method: 'GET',
      path: '/recommendations/{user_id}',
      authenticator,
      about: {
        tag: 'recommendations',
        summary: 'What a listener may want to hear next',
        description:
          'Everything that was acknowledged of this listener before the request is in the answer. The list stands in the log before it is answered.',
        problems: ['forbidden', 'unavailable'],
      },
      parameters: { path: schemas.userPath, query: schemas.recommendationQuery },
      answer: list,
      async handle({ identity, path, query }) {
        const refusal = refuseOthers(identity, path.user_id);
        if (refusal) return refusal;
        const asked = await answer(recommend(schemas.fromQuery(identity.tenant, path.user_id, query)));
        return asked.ok ? json(asked.value) : asked.reply;
      },
    }),
    ...endpoint({
      method: 'GET',
      path: '/recommendations/{user_id}/similar/{track_id}',
      authenticator,
      about: {
        tag: 'recommendations',
        summary: 'Tracks like one, for a listener',
        problems: ['forbidden', 'unavailable'],
      },
      parameters: { path: schemas.similarPath, query: schemas.recommendationQuery },
      answer: list,
      async handle({ identity, path, query }) {
        const refusal = refuseOthers(identity, path.user_id);
        if (refusal) return refusal;
        const request = schemas.fromQuery(identity.tenant, path.user_id, query);
        const asked = await answer(recommend({ ...request, similarTo: path.track_id }));
        return asked.ok ? json(asked.value) : asked.reply;
      },
    }),
    ...endpoint({
      method: 'POST',
      path: '/recommendations/batch',
      authenticator,
      about: {
        tag: 'recommendations',
        summary: 'Lists for many listeners',
        description: 'One that has no answer has an error in its place; if none has, the whole request has not.',
        problems: ['unavailable'],
      },
      body: { schema: schemas.batchBody, limit: BODY_LIMIT, maxValues: BODY_VALUES },
      answer: { about: 'A list, or why there is none, for each request.', schema: schemas.batchAnswer },
      async handle({ identity, body: { requests } }) {
        const asked = await Promise.all(
          requests.map(async (item) => {
            if (refuseOthers(identity, item.user_id)) return { error: { code: 'forbidden' } };
            const list = await answer(recommend(schemas.toRequest(identity.tenant, item)));
            return list.ok ? { list: list.value } : { unavailable: list.reply };
          }),
        );
        const [first] = asked;
        if (first && asked.every((one) => 'unavailable' in one)) return first.unavailable!;
        const results = asked.map((one) => ('unavailable' in one ? { error: { code: 'unavailable' } } : one));
        return json({ results });
      },
    }),
  ];
}
