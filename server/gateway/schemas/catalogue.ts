/** Requests and answers of the catalogue route. */
import { z } from 'zod';
import { text } from '../../../protocol/events.ts';
import { texts } from './common.ts';

export const COUNT_MAX = 200;
export const COUNT_DEFAULT = 50;
export const IDS_MAX = 100;

export const catalogueQuery = z.strictObject({
  count: z
    .int()
    .min(1)
    .max(COUNT_MAX)
    .default(COUNT_DEFAULT)
    .describe('So many tracks, taken evenly over the catalogue.'),
  id: texts(IDS_MAX).optional().describe('These tracks instead, in this order; those that nobody knows are left out.'),
});

export const catalogueAnswer = z
  .strictObject({
    size: z.int().describe('Tracks in the catalogue; of one with more than 200,000, the first.'),
    made_up: z.boolean().describe('There is no `GAPLESS_CATALOGUE`: artists and titles are invented.'),
    tracks: z.array(
      z.strictObject({
        id: text(),
        title: z.string().optional(),
        artist: z.string().optional(),
        genre: z.string().optional(),
        duration_ms: z.int().optional(),
      }),
    ),
  })
  .meta({ id: 'Catalogue' });
