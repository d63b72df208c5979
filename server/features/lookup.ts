/** Looking up features: which records are needed, one load for each scope that holds some, and what they say as of a time. */
import type { FeatureView, Place } from './definition.ts';
import type { FeatureReader } from './port.ts';
import { type ListedFeature, REGISTRY, type Registry, USER_VIEWS } from './registry.ts';
import {
  type EntityRow,
  type FeatureAnswer,
  type FeatureRequest,
  FeatureRequestError,
  type FeatureStatus,
  type FeatureValue,
} from './request.ts';

/** `now`: ms since 1970, for requests without a time. Throws FeatureRequestError, StoreError, and FormatError for a damaged record. */
export async function lookupFeatures(
  reader: FeatureReader,
  partitions: number,
  request: FeatureRequest,
  now: number,
  registry: Registry = REGISTRY,
): Promise<FeatureAnswer> {
  const at = request.at ?? now;
  const features = request.features.flatMap((reference) => find(registry, reference));
  const views = [...new Set(features.map(({ view }) => view))];
  const rows = request.rows.map((row) => {
    return new Map(views.map((view) => [view, placesOf(view, request.tenant, row, partitions)]));
  });
  const records = await loadRecords(
    reader,
    rows.flatMap((row) => [...row.values()].flat()),
  );
  return {
    features: features.map(({ reference }) => reference),
    at,
    rows: rows.map((row) => {
      const states = new Map([...row].map(([view, places]) => [view, stateOf(view, places, records)]));
      return features.map((listed) => answerOf(listed, states.get(listed.view) ?? null, at, request.maxAgeMs));
    }),
  };
}

/** Every feature of a user alone, by reference, null where it has no answer; nothing of a user that is not known. */
export async function userValues(
  reader: FeatureReader,
  partitions: number,
  tenant: string,
  user: string,
  at: number,
): Promise<{ values: Record<string, unknown>; at: number }> {
  const features = USER_VIEWS.map(({ name }) => `${name}:*`);
  const answer = await lookupFeatures(reader, partitions, { tenant, features, rows: [{ user }], at }, at);
  const values: Record<string, unknown> = {};
  for (const [i, { status, value }] of answer.rows[0]!.entries()) {
    if (status !== 'not_found') values[answer.features[i]!] = value ?? null;
  }
  return { values, at };
}

function find(registry: Registry, reference: string): readonly ListedFeature[] {
  const found = registry.get(reference);
  if (!found) throw new FeatureRequestError('unknown_feature', `there is no feature ${JSON.stringify(reference)}`);
  return found;
}

function placesOf(view: FeatureView, tenant: string, row: EntityRow, partitions: number): readonly Place[] {
  for (const id of view.entity) {
    if (row[id] === undefined) throw new FeatureRequestError('missing_entity', `features of ${view.name} need a ${id}`);
  }
  return view.places(tenant, row, partitions);
}

function answerOf(
  { feature }: ListedFeature,
  state: unknown,
  at: number,
  maxAgeMs = Number.POSITIVE_INFINITY,
): FeatureValue {
  if (state === null) return { status: 'not_found' };
  const reading = feature.read(state, at);
  const status: FeatureStatus =
    at - reading.at > maxAgeMs ? 'outside_max_age' : reading.value === null ? 'null' : 'present';
  return status === 'present' ? { status, value: reading.value, at: reading.at } : { status, at: reading.at };
}

/** Bytes by `nameOf` the place. */
type Records = ReadonlyMap<string, Uint8Array | null>;

async function loadRecords(reader: FeatureReader, places: readonly Place[]): Promise<Records> {
  const byScope = new Map<string, Map<string, Place>>();
  for (const place of places) {
    const scope = `${place.scope.kind}:${place.scope.number}`;
    const wanted = byScope.get(scope) ?? new Map<string, Place>();
    byScope.set(scope, wanted.set(nameOf(place), place));
  }
  const records = new Map<string, Uint8Array | null>();
  const loads = [...byScope.values()].map(async (wanted) => {
    const keys = [...wanted.values()].map(({ key }) => key);
    const [first] = wanted.values();
    const found = await reader.load(first!.scope, keys);
    for (const [i, name] of [...wanted.keys()].entries()) records.set(name, found[i] ?? null);
  });
  await Promise.all(loads);
  return records;
}

/** What the records at these places say together; null where there are none. */
function stateOf(view: FeatureView, places: readonly Place[], records: Records): unknown {
  const states = places
    .map((place) => records.get(nameOf(place)) ?? null)
    .filter((bytes) => bytes !== null)
    .map((bytes) => view.codec.decode(bytes));
  if (states.length === 0) return null;
  return states.length === 1 || !view.merge ? states[0] : view.merge(states);
}

function nameOf({ scope, key }: Place): string {
  return `${scope.kind}:${scope.number}:${key.group}\n${key.field}`;
}
