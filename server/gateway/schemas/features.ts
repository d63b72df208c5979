/** Requests and answers of the feature routes. */
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';
import { time } from './common.ts';

/** References in one request, rows in one batch, and values in one answer. */
export const REFERENCES_MAX = 200;
export const ROWS_MAX = 500;
export const VALUES_MAX = 5_000;

const reference = z
  .string({ error: 'must be text' })
  .regex(/^[a-z0-9_]{1,64}:(?:[a-z0-9_.]{1,64}|\*)$/, { error: 'must be view:feature or view:*' })
  .meta({ example: 'user:*' });
const references = z.array(reference).min(1).max(REFERENCES_MAX);

const at = time.optional().describe('As of when values are read, ms since 1970; default now.');
const maxAge = z
  .int()
  .min(1)
  .optional()
  .describe('Values whose last event is older than this, in ms, are `outside_max_age`.');

export const entityPath = z.strictObject({
  entity: text().describe('Whose features: `GET /features` lists them.'),
  id: z
    .array(text())
    .describe(
      'The id; of an entity with several (`user_artist`) its parts, separated by commas, each percent-encoded.',
    ),
});

export const entityQuery = z.strictObject({
  features: references.optional().describe('Default: all of the entity.'),
  at,
  max_age_ms: maxAge,
});

const row = z.strictObject({
  user: text().optional(),
  track: text().optional(),
  artist: text().optional(),
  genre: text().optional(),
  model: text().optional(),
});
export const batchBody = z
  .strictObject({
    features: references,
    rows: z.array(row).min(1).max(ROWS_MAX).describe('The entities: each with the ids that the views need.'),
    at,
    max_age_ms: maxAge,
  })
  .meta({ id: 'FeatureBatch' });

const value = z
  .strictObject({
    status: z
      .enum(['present', 'null', 'not_found', 'outside_max_age'])
      .describe('`null`: the entity is known, but there is no answer (a rate without plays).'),
    value: z.unknown().optional().describe('A number, a list or a map; only where `present`.'),
    at: time.optional().describe('When the last event that changed it happened, ms since 1970.'),
  })
  .meta({ id: 'FeatureValue' });

export const entityAnswer = z
  .strictObject({
    entity: z.string(),
    ids: z.record(z.string(), z.string()),
    at: time,
    features: z.record(z.string(), value).describe('By reference.'),
  })
  .meta({ id: 'EntityFeatures' });

export const batchAnswer = z
  .strictObject({
    features: z.array(z.string()).describe('References; `view:*` written out.'),
    at: time,
    rows: z.array(z.array(value)).describe('By row, then by feature.'),
  })
  .meta({ id: 'FeatureBatchAnswer' });

export const registryAnswer = z
  .strictObject({
    views: z.array(
      z.strictObject({
        view: z.string(),
        about: z.string(),
        entity: z.string().describe('Its name in `GET /features/{entity}/{id}`.'),
        ids: z.array(z.string()).describe('What a row needs, in the order of the path.'),
        features: z.array(
          z.strictObject({
            reference: z.string(),
            about: z.string(),
            unit: z.string(),
            formula: z.string(),
            half_life: z.string().optional(),
            window: z.string().optional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'FeatureRegistry' });
