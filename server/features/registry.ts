/**
 * All features, by reference `view:feature`. The documentation (`docs/FEATURES.md`) and the lookup are made from it. A view that is
 * defined elsewhere joins by standing in the list.
 */

import { modelView } from '../recommend/lists/model-features.ts';
import type { Aggregate } from './aggregate.ts';
import { aggregateCodec } from './aggregate-codec.ts';
import { ENTITY_FEATURES, PAIR_FEATURES } from './aggregate-features.ts';
import type { FeatureDefinition, FeatureView, Place } from './definition.ts';
import { entityGroup, type ShardedEntity, shardScope, userGroup, userScope } from './groups.ts';
import { artistField, genreField, nameKey } from './names.ts';
import type { EntityRow } from './request.ts';
import { sessionCodec } from './session.ts';
import { FIELDS, type SessionState, type TasteState } from './states.ts';
import { tasteCodec } from './taste.ts';
import { SESSION_FEATURES, TASTE_FEATURES } from './user-state-features.ts';

const user: FeatureView<Aggregate> = {
  name: 'user',
  about: 'what a user does',
  entity: ['user'],
  codec: aggregateCodec,
  places: (tenant, row, partitions) => ofUser(tenant, row, partitions, FIELDS.features),
  features: ENTITY_FEATURES,
};

const session: FeatureView<SessionState> = {
  name: 'session',
  about: 'the session that a user is in, or was in last',
  entity: ['user'],
  codec: sessionCodec,
  places: (tenant, row, partitions) => ofUser(tenant, row, partitions, FIELDS.session),
  features: SESSION_FEATURES,
};

const taste: FeatureView<TasteState> = {
  name: 'taste',
  about: 'what a user prefers',
  entity: ['user'],
  codec: tasteCodec,
  places: (tenant, row, partitions) => ofUser(tenant, row, partitions, FIELDS.taste),
  features: TASTE_FEATURES,
};

const userArtist: FeatureView<Aggregate> = {
  name: 'user_artist',
  about: 'what a user does with the tracks of an artist',
  entity: ['user', 'artist'],
  codec: aggregateCodec,
  places: (tenant, row, partitions) => ofUser(tenant, row, partitions, artistField(row.artist!)),
  features: PAIR_FEATURES,
};

const userGenre: FeatureView<Aggregate> = {
  name: 'user_genre',
  about: 'what a user does with the tracks of a genre',
  entity: ['user', 'genre'],
  codec: aggregateCodec,
  places: (tenant, row, partitions) => ofUser(tenant, row, partitions, genreField(row.genre!)),
  features: PAIR_FEATURES,
};

/** The views that a user's feed carries. */
export const USER_VIEWS: readonly FeatureView[] = [user, session, taste];

export const VIEWS: readonly FeatureView[] = [
  ...USER_VIEWS,
  userArtist,
  userGenre,
  sharded('track', 'what is done with a track', ['track'], ({ track }) => track!),
  sharded('artist', 'what is done with the tracks of an artist', ['artist'], ({ artist }) => nameKey(artist!)),
  sharded('genre', 'what is done with the tracks of a genre', ['genre'], ({ genre }) => nameKey(genre!)),
  sharded('global', 'what is done with all tracks', [], () => ''),
  modelView,
];

export interface ListedFeature {
  reference: string;
  view: FeatureView;
  feature: FeatureDefinition;
}

/** Features by reference, and for `view:*` all of a view. */
export type Registry = ReadonlyMap<string, readonly ListedFeature[]>;

/** Throws where two have the same reference. */
export function registryOf(views: readonly FeatureView[]): Registry {
  const registry = new Map<string, readonly ListedFeature[]>();
  const add = (reference: string, features: readonly ListedFeature[]) => {
    if (registry.has(reference)) throw new Error(`two features are called ${reference}`);
    registry.set(reference, features);
  };
  for (const view of views) {
    const listed = view.features.map((feature) => ({ reference: `${view.name}:${feature.name}`, view, feature }));
    for (const one of listed) add(one.reference, [one]);
    add(`${view.name}:*`, listed);
  }
  return registry;
}

export const REGISTRY: Registry = registryOf(VIEWS);

function ofUser(tenant: string, { user }: EntityRow, partitions: number, field: string): Place[] {
  return [{ scope: userScope(tenant, user!, partitions), key: { group: userGroup(tenant, user!), field } }];
}

function sharded(
  entity: ShardedEntity,
  about: string,
  ids: readonly (keyof EntityRow)[],
  idOf: (row: EntityRow) => string,
): FeatureView<Aggregate> {
  return {
    name: entity,
    about,
    entity: ids,
    codec: aggregateCodec,
    places(tenant, row, partitions) {
      const group = entityGroup(entity, tenant, idOf(row));
      return [{ scope: shardScope(group, partitions), key: { group, field: FIELDS.features } }];
    },
    features: ENTITY_FEATURES,
  };
}
