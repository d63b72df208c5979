/** What a feature is: its place in the registry, and how it is read from a record. Times are ms since 1970. */
import type { RecordCodec } from '../processor/projection.ts';
import type { RecordKey, Scope } from './port.ts';
import type { EntityRow } from './request.ts';
import { SLACK_MS } from './tiles.ts';

/** `value` null: the record has no answer. `at`: event time of the last event that changed it. */
export interface Reading {
  value: unknown;
  at: number;
}

export interface FeatureDefinition<S = unknown> {
  /** Unique within its view: lower case, digits and `_`. */
  name: string;
  /** Features that differ in their half-life or window only share it. */
  about: string;
  unit: string;
  /** How the value comes from events. */
  formula: string;
  halfLife?: string;
  window?: string;
  /** Reads a record that holds at least one event, as of `at`. */
  read(state: S, at: number): Reading;
}

export interface Place {
  scope: Scope;
  key: RecordKey;
}

export interface FeatureView<S = unknown> {
  /** The first part of a reference `view:feature`. */
  name: string;
  about: string;
  /** The ids that a row needs. */
  entity: readonly (keyof EntityRow)[];
  codec: RecordCodec<S>;
  /** Where the records lie that speak of this entity: one, or one in each of several scopes. `row` has the ids of `entity`. */
  places(tenant: string, row: EntityRow, partitions: number): readonly Place[];
  /** Makes one of several records; only where `places` gives several. */
  merge?(states: readonly S[]): S;
  features: readonly FeatureDefinition<S>[];
}

/**
 * Whether a value that holds events up to `latest` can be read as of `at`. What came after an edge cannot be taken out of it again; a
 * little is let pass, because clocks differ.
 */
export function answersAt(latest: number, at: number): boolean {
  return at >= latest - SLACK_MS;
}
