/** What the index thread answers to its owner, the processor's thread. Plain data. */
import type { EngineSettings } from '../../engines.ts';
import type { ModelName, Prediction, Query, RecommendedTrack } from '../port.ts';

export interface IndexSettings {
  engines: EngineSettings;
  /** The most sessions that are kept of a tenant. */
  maxSessions?: number;
  /** Folder for snapshots; absent: none are kept, and every start reads the whole log. */
  snapshots?: string;
  /** Track catalogue: artists and genres also of tracks that nobody played yet. */
  catalogue?: string;
}

/** `loading`: the log's events so far are still being read; answers come from those that are. */
export type IndexState = 'loading' | 'ready';

export interface IndexFigures {
  state: IndexState;
  /** Events that models learned from. */
  events: number;
  sessions: number;
  /** Of the models' own structures. */
  bytes: number;
  /** Positions of the log, over all partitions, that it has not read. */
  lag: number;
}

export interface PredictQuery {
  model: ModelName;
  query: Query;
}

export interface PredictAnswer {
  state: IndexState;
  /** In the order of the queries. */
  predictions: Prediction[];
}

/** What the processor's thread calls. */
export interface IndexThread {
  predict(queries: readonly PredictQuery[]): Promise<PredictAnswer>;
  /** The same tracks with artist and genre, as far as they are known. */
  describe(tenant: string, tracks: readonly RecommendedTrack[]): Promise<RecommendedTrack[]>;
  figures(): Promise<IndexFigures>;
  stop(): Promise<void>;
}
