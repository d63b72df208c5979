/** Signals and queries for tests of the models. */
import type { Signal, SignalKind } from '../../../../server/features/signal.ts';
import type { ModelOptions } from '../../../../server/recommend/models/options.ts';
import { DEFAULT_OPTIONS } from '../../../../server/recommend/models/options.ts';
import type { TenantModels } from '../../../../server/recommend/models/tenant-models.ts';
import type { Query } from '../../../../server/recommend/port.ts';

export const START = Date.UTC(2026, 0, 1);
export const SECOND = 1000;

export function signal(session: string, track: string, second: number, kind: SignalKind = 'play'): Signal {
  return { kind, tenant: 't', user: `user of ${session}`, session, track, at: START + second * SECOND, seconds: 0 };
}

/** Sessions one after another, each as its tracks; a track with a `-` behind it is skipped. */
export function teach(models: TenantModels, sessions: readonly (readonly string[])[], from = 0): number {
  let second = from;
  for (const [number, tracks] of sessions.entries()) {
    for (const text of tracks) {
      const track = text.replace(/-$/, '');
      models.learnSignal(signal(`s${from}-${number}`, track, second++));
      if (text.endsWith('-')) models.learnSignal(signal(`s${from}-${number}`, track, second++, 'skip'));
    }
  }
  return second;
}

export function query(tracks: readonly string[], more: Partial<Query> = {}): Query {
  return {
    tenant: 't',
    at: START + 1e6 * SECOND,
    session: tracks.map((track) => ({ track, at: START, weight: 1 })),
    artists: [],
    genres: [],
    exclude: new Set(tracks),
    count: 20,
    ...more,
  };
}

export function ids({ tracks }: { tracks: readonly { track_id: string }[] }): string[] {
  return tracks.map(({ track_id }) => track_id);
}

export function withOptions(
  change: {
    [K in keyof ModelOptions]?: ModelOptions[K] extends number ? number : Partial<ModelOptions[K]>;
  },
): ModelOptions {
  return {
    ...DEFAULT_OPTIONS,
    ...(change as Partial<ModelOptions>),
    knn: { ...DEFAULT_OPTIONS.knn, ...change.knn },
    cooccurrence: { ...DEFAULT_OPTIONS.cooccurrence, ...change.cooccurrence },
    blend: { ...DEFAULT_OPTIONS.blend, ...change.blend },
  };
}
