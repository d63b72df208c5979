/** What all events of the log say: models by tenant, and up to which position of each partition they have learned. */
import type { ReadItem } from '../../../format/model.ts';
import type { Catalogue } from '../../../workers/catalogue.ts';
import { type LeanOptions, readLean } from '../../consumer/lean-reader.ts';
import type { ConsumedEvent } from '../../processor/projection.ts';
import type { ModelOptions } from '../models/options.ts';
import { Scratch } from '../models/scratch.ts';
import { TenantModels } from '../models/tenant-models.ts';
import type { Prediction, RecommendedTrack } from '../port.ts';
import type { PredictQuery } from './port.ts';

/** An entry as its head names it: the last one that was read of a partition. */
export interface Anchor {
  position: number;
  /** The first bytes of the entry, with its time and checksum; empty before the first. */
  head: Uint8Array;
}

const HEAD_BYTES = 20;
/** Types that may say something about a track (`signalOf`). */
const LEARNED: LeanOptions = {
  types: new Set(['user_interaction', 'track_completed', 'track_skipped', 'explicit_rating']),
  others: 'left_out',
};
/** Popularity of tenants that were quiet for longer is not announced. */
const ACTIVE_MS = 10 * 60_000;
/** Every tenant's models know the tracks of the catalogue, unless there are more than this: they take about 150 bytes each. */
const CATALOGUE_MAX = 200_000;

export interface SharedIndexOptions {
  catalogue?: Catalogue;
  models?: Partial<ModelOptions>;
}

export class SharedIndex {
  /** Of the log that it read, as `LogState` has it. */
  readonly identity: string;
  readonly anchors: Anchor[];
  readonly tenants = new Map<string, TenantModels>();
  /** Events that models learned from. */
  events = 0;
  /** Entries that could not be read. */
  damaged = 0;
  /** Tenant to the time of its last event or question, by the clock of this process. */
  private readonly lastActive = new Map<string, number>();
  private now = 0;
  private readonly scratch = new Scratch();
  private readonly catalogue: Catalogue | undefined;
  private readonly options: Partial<ModelOptions>;

  constructor(identity: string, partitions: number, { catalogue, models = {} }: SharedIndexOptions = {}) {
    this.identity = identity;
    this.anchors = Array.from({ length: partitions }, () => ({ position: 0, head: new Uint8Array(0) }));
    this.catalogue = catalogue;
    this.options = models;
  }

  /** Takes the next entry of a partition; what cannot be read is left out. `now`: ms since 1970. */
  learn(item: ReadItem, now: number): void {
    this.now = now;
    if (item.status === 'damaged') this.damaged++;
    else {
      try {
        readLean(item, LEARNED, this.take);
      } catch {
        this.damaged++;
      }
    }
    this.anchors[item.partition] = { position: item.last, head: item.bytes.slice(0, HEAD_BYTES) };
  }

  private readonly take = (consumed: ConsumedEvent): void => {
    const { tenant, track_id } = consumed.event;
    if (track_id === undefined) return;
    this.models(tenant).learn(consumed);
    this.lastActive.set(tenant, this.now);
    this.events++;
  };

  private models(tenant: string): TenantModels {
    return this.tenants.get(tenant) ?? this.add(tenant, new TenantModels(this.options, this.scratch));
  }

  private add(tenant: string, models: TenantModels): TenantModels {
    this.tenants.set(tenant, models);
    const { catalogue } = this;
    if (catalogue && catalogue.size <= CATALOGUE_MAX) {
      for (const [id, track] of catalogue.all()) models.catalogue(id, track);
    }
    return models;
  }

  /** A tenant's models as `chunks` of them gave them. Throws SnapshotError. */
  restore(tenant: string, chunks: Iterable<Uint8Array>): void {
    this.add(tenant, TenantModels.load(chunks, this.options, this.scratch));
  }

  /** What stood before `first` is not in the log any more. */
  skipTo(partition: number, first: number): void {
    if (this.anchors[partition]!.position >= first - 1) return;
    this.anchors[partition] = { position: first - 1, head: new Uint8Array(0) };
  }

  predict({ model, query }: PredictQuery, now: number): Prediction {
    const models = this.tenants.get(query.tenant);
    if (!models) return { tracks: [], confidence: 0 };
    this.lastActive.set(query.tenant, now);
    return models.predict(model, query);
  }

  /** The most played tracks of each tenant that was active of late. */
  popular(count: number, at: number): { tenant: string; tracks: RecommendedTrack[] }[] {
    const popular: { tenant: string; tracks: RecommendedTrack[] }[] = [];
    for (const [tenant, active] of this.lastActive) {
      if (at - active > ACTIVE_MS) this.lastActive.delete(tenant);
      else popular.push({ tenant, tracks: this.tenants.get(tenant)?.popular(count, at) ?? [] });
    }
    return popular;
  }

  /** Artist and genre of a track: the catalogue counts more than what events said at their time. */
  describe(tenant: string, track: string): Pick<RecommendedTrack, 'artist' | 'genre'> {
    const said = this.tenants.get(tenant)?.describe(track);
    const known = this.catalogue?.track(track);
    const artist = known?.artist ?? said?.artist;
    const genre = known?.genre ?? said?.genre;
    return { ...(artist !== undefined && { artist }), ...(genre !== undefined && { genre }) };
  }

  get sessions(): number {
    let sessions = 0;
    for (const models of this.tenants.values()) sessions += models.sessions;
    return sessions;
  }

  memoryBytes(): number {
    let bytes = this.scratch.memoryBytes();
    for (const models of this.tenants.values()) bytes += models.memoryBytes();
    return bytes;
  }
}
