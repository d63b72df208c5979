/**
 * The index as its thread runs it: opened from a snapshot if there is a good one, kept up with the log, asked by the processor's thread, and
 * telling all processes what is popular.
 */
import { type Catalogue, loadCatalogue } from '../../../workers/catalogue.ts';
import { encodeMessage } from '../../bus/message.ts';
import { type PopularMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import type { LogReader } from '../../engines.ts';
import type { Logger } from '../../ops/logger.ts';
import type { RecommendedTrack } from '../port.ts';
import { Follower } from './follower.ts';
import { whyForeign } from './genuine.ts';
import type { IndexFigures, IndexThread, PredictAnswer, PredictQuery } from './port.ts';
import { SharedIndex, type SharedIndexOptions } from './shared-index.ts';
import { readSnapshot, removeLeftovers } from './snapshot-file.ts';

export interface IndexOptions extends SharedIndexOptions {
  log: Pick<LogReader, 'read' | 'state' | 'partitions'>;
  bus: LiveBus;
  logger: Logger;
  /** Folder for snapshots; absent for none. */
  snapshots?: string;
  snapshotEveryMs?: number;
}

const POPULAR_EVERY_MS = 2_000;
const POPULAR_TRACKS = 100;

/** Throws LogError where the log cannot be read. A snapshot that cannot be used is said to be so in the log, and left alone. */
export async function openIndex(options: IndexOptions): Promise<IndexService> {
  const { log, logger, snapshots } = options;
  const state = await log.state();
  let index: SharedIndex | null = null;
  if (snapshots !== undefined) {
    try {
      removeLeftovers(snapshots);
      index = readSnapshot(snapshots, log.partitions, options);
      const reason = index && (await whyForeign(log, state, index));
      if (reason !== null) throw new Error(reason);
    } catch (error) {
      index = null;
      logger.warn({ folder: snapshots, reason: (error as Error).message }, 'the snapshot of the index is not used');
    }
  }
  return new IndexService(options, index ?? new SharedIndex(state.identity, log.partitions, options));
}

export class IndexService implements IndexThread {
  readonly index: SharedIndex;
  readonly follower: Follower;
  private readonly bus: LiveBus;
  private readonly timer: NodeJS.Timeout;

  constructor({ log, bus, logger, snapshots, snapshotEveryMs }: IndexOptions, index: SharedIndex) {
    this.index = index;
    this.bus = bus;
    this.follower = new Follower({
      ...{ log, bus, index, logger },
      ...(snapshots !== undefined && { snapshots }),
      ...(snapshotEveryMs !== undefined && { snapshotEveryMs }),
    });
    this.timer = setInterval(() => this.announce(), POPULAR_EVERY_MS);
    this.follower.start();
  }

  async predict(queries: readonly PredictQuery[]): Promise<PredictAnswer> {
    const now = Date.now();
    const predictions = queries.map((query) => {
      const { tracks, confidence } = this.index.predict(query, now);
      return { tracks: this.described(query.query.tenant, tracks), confidence };
    });
    return { state: this.follower.state, predictions };
  }

  async describe(tenant: string, tracks: readonly RecommendedTrack[]): Promise<RecommendedTrack[]> {
    return this.described(tenant, tracks);
  }

  async figures(): Promise<IndexFigures> {
    const { index, follower } = this;
    return {
      state: follower.state,
      events: index.events,
      sessions: index.sessions,
      bytes: index.memoryBytes(),
      lag: follower.lag,
    };
  }

  /** Tells all processes what is popular, for when nobody can answer them. */
  announce(): void {
    const at = Date.now();
    for (const { tenant, tracks } of this.index.popular(POPULAR_TRACKS, at)) {
      const message: PopularMessage = { tenant, at, tracks: this.described(tenant, tracks) };
      this.bus.publish(TOPICS.popular, encodeMessage(message));
    }
  }

  private described(tenant: string, tracks: readonly RecommendedTrack[]): RecommendedTrack[] {
    return tracks.map(({ track_id, score }) => ({ track_id, score, ...this.index.describe(tenant, track_id) }));
  }

  /** Writes a last snapshot. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.follower.stop();
  }
}

/** A catalogue that cannot be read is the main thread's to refuse; here it is only missing. */
export function openCatalogue(file: string | undefined, logger: Logger): Catalogue | undefined {
  if (file === undefined) return undefined;
  try {
    return loadCatalogue(file);
  } catch (error) {
    logger.warn({ err: error }, 'the index goes without the catalogue');
    return undefined;
  }
}
