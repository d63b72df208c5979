/** Requests and answers of the recommendation routes. */
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';
import { MODELS, type RecommendationRequest } from '../../recommend/port.ts';
import { texts, time } from './common.ts';

export const COUNT_MAX = 100;
export const COUNT_DEFAULT = 20;
/** Requests in one batch. */
export const BATCH_MAX = 100;
const NAMES_MAX = 20;
const EXCLUDE_MAX = 100;

const seen = z.enum(['hide', 'allow']).describe('`hide` (default): nothing that was played in this session.');
const artist = texts(NAMES_MAX).describe('Only tracks of these artists.');
const genre = texts(NAMES_MAX).describe('Only tracks of these genres.');
const exclude = texts(EXCLUDE_MAX).describe('Tracks that must not be in the list.');

/** What every request may say, whatever way it comes. */
const common = {
  count: z.int().min(1).max(COUNT_MAX).default(COUNT_DEFAULT).describe('Length of the list, at most.'),
  model: z.enum(MODELS).default('blend'),
  request_id: text(64).optional().describe('The same one gives the same list, for the user’s last 32 lists.'),
};

export const userPath = z.strictObject({ user_id: text() });
export const similarPath = z.strictObject({ user_id: text(), track_id: text() });

export const recommendationQuery = z.strictObject({
  ...common,
  artist: artist.optional(),
  genre: genre.optional(),
  exclude: exclude.optional(),
  seen: seen.optional(),
  source: text().optional().describe('Where in the player the list will be shown.'),
  device: text().optional(),
  playlist: text().optional(),
});
export type RecommendationQuery = z.infer<typeof recommendationQuery>;

const batchItem = z.strictObject({
  user_id: text(),
  ...common,
  filters: z
    .strictObject({
      artist: artist.optional(),
      genre: genre.optional(),
      exclude: exclude.optional(),
      seen: seen.optional(),
    })
    .optional(),
  context: z
    .strictObject({ source: text().optional(), device: text().optional(), playlist: text().optional() })
    .optional(),
  similar_to: text().optional().describe('Tracks like this one, instead of what fits the session.'),
});
export type BatchItem = z.infer<typeof batchItem>;

export const batchBody = z
  .strictObject({ requests: z.array(batchItem).min(1).max(BATCH_MAX) })
  .meta({ id: 'RecommendationBatch' });

export const recommendationList = z
  .strictObject({
    recommendation_id: z.string().describe('Send it back with what became of the list.'),
    request_id: z.string().optional(),
    user_id: z.string(),
    model: z.enum(MODELS).describe('What made the list.'),
    at: time,
    tracks: z.array(
      z.strictObject({
        track_id: z.string(),
        score: z.number().describe('Only comparable within a list.'),
        artist: z.string().optional(),
        genre: z.string().optional(),
      }),
    ),
    confidence: z.number().min(0).max(1).describe('How much the models knew to base it on.'),
    degraded: z
      .literal(true)
      .optional()
      .describe('What is popular, because what was asked for could not answer in time.'),
  })
  .meta({ id: 'RecommendationList' });

export const batchAnswer = z
  .strictObject({
    results: z
      .array(
        z.union([
          z.strictObject({ list: recommendationList }),
          z.strictObject({ error: z.strictObject({ code: z.enum(['unavailable', 'forbidden']) }) }),
        ]),
      )
      .describe('In the order of the requests.'),
  })
  .meta({ id: 'RecommendationBatchAnswer' });

/** The request behind a path and its query. */
export function fromQuery(tenant: string, userId: string, query: RecommendationQuery): RecommendationRequest {
  const { count, model, request_id, artist, genre, exclude, seen, source, device, playlist } = query;
  const filters = { artist, genre, exclude, seen };
  return toRequest(tenant, {
    user_id: userId,
    ...{ count, model, request_id, filters, context: { source, device, playlist } },
  });
}

export function toRequest(tenant: string, item: BatchItem): RecommendationRequest {
  const { user_id: userId, count, model, request_id: requestId, similar_to: similarTo } = item;
  const filters = given(item.filters);
  const context = given(item.context);
  return { tenant, userId, count, model, ...given({ requestId, filters, context, similarTo }) };
}

/** Without what is undefined; undefined if nothing is left. */
function given<T extends object>(fields: T | undefined): T | undefined {
  const there = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
  return there.length === 0 ? undefined : (Object.fromEntries(there) as T);
}
