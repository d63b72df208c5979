/** `/catalogue`: tracks as people know them. */
import type { TrackList } from '../../catalogue/track-list.ts';
import type { Authenticator } from '../authenticator.ts';
import { endpoint, json } from '../endpoint.ts';
import type { Route } from '../routing.ts';
import * as schemas from '../schemas/catalogue.ts';

export function catalogueRoutes({
  tracks,
  authenticator,
}: {
  tracks: TrackList;
  authenticator: Authenticator;
}): Route[] {
  return endpoint({
    method: 'GET',
    path: '/catalogue',
    authenticator,
    about: {
      tag: 'catalogue',
      summary: 'Tracks by title and artist',
      description: 'Events and lists name tracks by id; this says what people call them.',
    },
    parameters: { query: schemas.catalogueQuery },
    answer: { about: 'The tracks.', schema: schemas.catalogueAnswer },
    handle({ query: { count, id } }) {
      const some = id === undefined ? tracks.spread(count) : tracks.named(id);
      return json({ size: tracks.size, made_up: tracks.madeUp, tracks: some });
    },
  });
}
