/** `/features`: what is known of an entity, of many at once, and which features there are. */
import type { FeatureAnswer, FeatureRequest } from '../../features/request.ts';
import type { Logger } from '../../ops/logger.ts';
import { createAnswerer } from '../answerer.ts';
import type { Authenticator } from '../authenticator.ts';
import { endpoint, json, refuseOthers } from '../endpoint.ts';
import { type DescribedView, FeatureViews, GLOBAL, type RequestFlaw } from '../feature-views.ts';
import type { HttpReply } from '../http.ts';
import type { Identity } from '../identity.ts';
import { invalidParameter } from '../parameters.ts';
import { problem } from '../problem.ts';
import type { Route } from '../routing.ts';
import * as schemas from '../schemas/features.ts';

/** Rejects where nobody can answer. */
export type Lookup = (request: FeatureRequest) => Promise<FeatureAnswer>;

export interface FeatureRouteParts {
  lookup: Lookup;
  views: readonly DescribedView[];
  authenticator: Authenticator;
  logger: Logger;
}

const TIMEOUT_MS = 5_000;
const BODY_LIMIT = 256 * 1024;
const BODY_VALUES = 10_000;
const TOO_MANY = `More than ${schemas.VALUES_MAX} values.`;

export function featureRoutes({ lookup, views, authenticator, logger }: FeatureRouteParts): Route[] {
  const answer = createAnswerer('the feature store', TIMEOUT_MS, logger);
  const registry = new FeatureViews(views);
  const registryReply = json(registry.describe());
  const known = {
    about: 'Its features; those of an entity of which nothing is known are `not_found`.',
    schema: schemas.entityAnswer,
  };
  const aboutOne = {
    tag: 'features',
    problems: ['forbidden', 'unavailable', 'unknown_entity', 'unknown_feature', 'missing_entity'],
  } as const;

  /** `word` says what is wrong with the request in the words of its route. */
  async function ask(
    identity: Identity,
    request: FeatureRequest,
    word: (flaw: RequestFlaw) => HttpReply,
  ): Promise<{ answer: FeatureAnswer } | { reply: HttpReply }> {
    for (const row of request.rows) {
      const refusal = refuseOthers(identity, row.user);
      if (refusal) return { reply: refusal };
    }
    const flaw = registry.flawOf(request, schemas.VALUES_MAX);
    if (flaw) return { reply: word(flaw) };
    const asked = await answer(lookup(request));
    return asked.ok ? { answer: asked.value } : asked;
  }

  async function ofEntity(identity: Identity, entity: string, ids: readonly string[], query: EntityQuery) {
    const names = registry.idsOf(entity);
    if (!names) return problem('unknown_entity');
    if (ids.length !== names.length) return invalidParameter('id', `these make one: ${names.join(', ') || 'none'}`);
    const { features = registry.allOf(entity), at, max_age_ms: maxAgeMs } = query;
    const row = Object.fromEntries(names.map((name, i) => [name, ids[i]!]));
    const asked = await ask(identity, { tenant: identity.tenant, features, rows: [row], at, maxAgeMs }, wordParameter);
    if ('reply' in asked) return asked.reply;
    const [values = []] = asked.answer.rows;
    const named = asked.answer.features.map((reference, i) => [reference, values[i]]);
    return json({ entity, ids: row, at: asked.answer.at, features: Object.fromEntries(named) });
  }

  return [
    ...endpoint({
      method: 'GET',
      path: '/features',
      authenticator,
      about: { tag: 'features', summary: 'Which features there are' },
      answer: { about: 'Every feature, by view.', schema: schemas.registryAnswer },
      handle: () => registryReply,
    }),
    ...endpoint({
      method: 'GET',
      path: '/features/global',
      authenticator,
      about: { ...aboutOne, summary: 'Features of everything together' },
      parameters: { query: schemas.entityQuery },
      answer: known,
      handle: ({ identity, query }) => ofEntity(identity, GLOBAL, [], query),
    }),
    ...endpoint({
      method: 'GET',
      path: '/features/{entity}/{id}',
      authenticator,
      about: { ...aboutOne, summary: 'Features of one entity' },
      parameters: { path: schemas.entityPath, query: schemas.entityQuery },
      answer: known,
      handle: ({ identity, path, query }) => ofEntity(identity, path.entity, path.id, query),
    }),
    ...endpoint({
      method: 'POST',
      path: '/features/batch',
      authenticator,
      about: {
        tag: 'features',
        summary: 'Features of many entities at once',
        description: `At most ${schemas.VALUES_MAX} values: rows times features, \`view:*\` written out.`,
        problems: ['forbidden', 'unavailable', 'unknown_feature', 'missing_entity'],
      },
      body: { schema: schemas.batchBody, limit: BODY_LIMIT, maxValues: BODY_VALUES },
      answer: { about: 'A row of values for each row.', schema: schemas.batchAnswer },
      async handle({ identity, body: { features, rows, at, max_age_ms: maxAgeMs } }) {
        const request = { tenant: identity.tenant, features, rows, at, maxAgeMs };
        const asked = await ask(identity, request, wordBody);
        return 'reply' in asked ? asked.reply : json(asked.answer);
      },
    }),
  ];
}

interface EntityQuery {
  features?: string[];
  at?: number;
  max_age_ms?: number;
}

function wordParameter(flaw: RequestFlaw): HttpReply {
  if (flaw.code === 'too_many_values') return invalidParameter('features', TOO_MANY);
  const detail = flaw.code === 'missing_entity' ? `One of the features needs a ${flaw.id}.` : undefined;
  return problem(flaw.code, { detail, members: { parameter: 'features' } });
}

function wordBody(flaw: RequestFlaw): HttpReply {
  if (flaw.code === 'too_many_values') return problem('invalid_body', { detail: TOO_MANY, members: { path: 'rows' } });
  const path = flaw.code === 'missing_entity' ? `rows.${flaw.row}.${flaw.id}` : `features.${flaw.feature}`;
  return problem(flaw.code, { members: { path } });
}
