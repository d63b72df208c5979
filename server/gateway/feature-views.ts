/** The feature registry as the routes speak of it: views by entity, and whether a request asks for what there is. */
import type { EntityRow, FeatureRequest } from '../features/request.ts';

/** What is told of a view; `FeatureView` of `server/features/` is one. */
export interface DescribedView {
  name: string;
  about: string;
  /** The ids that a row needs. */
  entity: readonly (keyof EntityRow)[];
  features: readonly {
    name: string;
    about: string;
    unit: string;
    formula: string;
    halfLife?: string;
    window?: string;
  }[];
}

type Ids = readonly (keyof EntityRow)[];

/** What is wrong with a request, by the index of a feature or of a row. */
export type RequestFlaw =
  | { code: 'unknown_feature'; feature: number }
  | { code: 'missing_entity'; row: number; id: string }
  | { code: 'too_many_values'; values: number };

/** The entity that has no ids. */
export const GLOBAL = 'global';

export class FeatureViews {
  private readonly views: readonly DescribedView[];
  private readonly ids = new Map<string, Ids>();
  private readonly references = new Map<string, { count: number; ids: Ids }>();

  constructor(views: readonly DescribedView[]) {
    this.views = views;
    for (const { name, entity: ids, features } of views) {
      this.ids.set(entityOf(ids), ids);
      this.references.set(`${name}:*`, { count: features.length, ids });
      for (const feature of features) this.references.set(`${name}:${feature.name}`, { count: 1, ids });
    }
  }

  /** What names one of these entities; undefined where no view speaks of such. */
  idsOf(entity: string): Ids | undefined {
    return this.ids.get(entity);
  }

  /** References of everything that is known of an entity of this kind. */
  allOf(entity: string): string[] {
    return this.views.filter((view) => entityOf(view.entity) === entity).map(({ name }) => `${name}:*`);
  }

  /** The first thing that is wrong; null where the request can be answered with at most `maxValues` values. */
  flawOf({ features, rows }: FeatureRequest, maxValues: number): RequestFlaw | null {
    const needed = new Set<keyof EntityRow>();
    let values = 0;
    for (const [feature, reference] of features.entries()) {
      const known = this.references.get(reference);
      if (!known) return { code: 'unknown_feature', feature };
      values += known.count * rows.length;
      for (const id of known.ids) needed.add(id);
    }
    if (values > maxValues) return { code: 'too_many_values', values };
    for (const [row, ids] of rows.entries()) {
      for (const id of needed) if (ids[id] === undefined) return { code: 'missing_entity', row, id };
    }
    return null;
  }

  /** All of it, for people and programs. */
  describe(): object {
    return {
      views: this.views.map(({ name, about, entity, features }) => ({
        view: name,
        about,
        entity: entityOf(entity),
        ids: entity,
        features: features.map(({ name: feature, about, unit, formula, halfLife, window }) => ({
          reference: `${name}:${feature}`,
          about,
          unit,
          formula,
          ...(halfLife !== undefined && { half_life: halfLife }),
          ...(window !== undefined && { window }),
        })),
      })),
    };
  }
}

/** An entity is what a view's ids make together: `user`, `user_artist`. */
function entityOf(ids: Ids): string {
  return ids.length === 0 ? GLOBAL : ids.join('_');
}
