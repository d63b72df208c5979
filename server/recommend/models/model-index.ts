/**
 * The models of all tenants, and the door of this folder. It learns from events as they come and predicts at any time, both at once and in one
 * thread. An event is learned once for all models.
 */
import { type Signal, signalOf } from '../../features/signal.ts';
import type { ConsumedEvent } from '../../processor/projection.ts';
import type { Model, ModelName, Prediction, Query } from '../port.ts';
import { DEFAULT_OPTIONS, type ModelOptions } from './options.ts';
import { Scratch } from './scratch.ts';
import { SnapshotError, SnapshotReader, SnapshotWriter } from './snapshot.ts';
import { TenantModels } from './tenant-models.ts';

export class ModelIndex {
  readonly options: ModelOptions;
  private readonly scratch = new Scratch();
  private readonly byTenant = new Map<string, TenantModels>();

  constructor(options: Partial<ModelOptions> = {}) {
    this.options = { ...DEFAULT_OPTIONS, ...options };
  }

  learn({ event }: ConsumedEvent): void {
    const signal = signalOf(event);
    if (signal !== null) this.learnSignal(signal);
  }

  learnSignal(signal: Signal): void {
    this.tenant(signal.tenant).learn(signal);
  }

  /** Nothing where that model knows nothing; `blend` and `popularity` know something as soon as the tenant has plays. */
  predict(model: ModelName, query: Query): Prediction {
    return this.byTenant.get(query.tenant)?.predict(model, query) ?? { tracks: [], confidence: 0 };
  }

  /** One model of one tenant behind the port of the models; `learn` teaches all models of the tenant, so tell one of them only. */
  model(tenant: string, name: ModelName): Model {
    const models = this.tenant(tenant);
    return {
      name,
      learn: (consumed) => {
        if (consumed.event.tenant === tenant) this.learn(consumed);
      },
      predict: (query) => models.predict(name, query),
      memoryBytes: () => models.memoryBytes(),
    };
  }

  tenants(): string[] {
    return [...this.byTenant.keys()];
  }
  /** Of one tenant, or of all together. */
  sessions(tenant?: string): number {
    return this.sum((models) => models.sessions.size, tenant);
  }
  tracks(tenant?: string): number {
    return this.sum((models) => models.tracks.size, tenant);
  }

  memoryBytes(): number {
    return this.sum((models) => models.memoryBytes()) + this.scratch.memoryBytes();
  }

  /**
   * Everything as bytes with version and checksum. The chunks show live memory: consume all of them before the next event is learned.
   */
  save(): Iterable<Uint8Array> {
    const writer = new SnapshotWriter();
    writer.text(JSON.stringify(this.options));
    writer.number(this.byTenant.size);
    for (const [tenant, models] of this.byTenant) {
      writer.text(tenant);
      models.save(writer);
    }
    return writer.chunks();
  }

  /**
   * An index as `save` wrote it, cut into chunks of any size. Throws SnapshotError: `damaged`, `unknown_version`, or `other_options` where
   * it was made with other ones; the index has to be learned anew then.
   */
  static load(chunks: Iterable<Uint8Array>, options: Partial<ModelOptions> = {}): ModelIndex {
    const index = new ModelIndex(options);
    const reader = new SnapshotReader(chunks);
    try {
      if (reader.text() !== JSON.stringify(index.options)) {
        throw new SnapshotError('other_options', 'the snapshot was made with other options');
      }
      for (let tenants = reader.number(); tenants > 0; tenants--) index.tenant(reader.text()).load(reader);
      reader.end();
      return index;
    } catch (error) {
      if (error instanceof SnapshotError) throw error;
      // Damaged lengths and places show up as anything.
      throw new SnapshotError('damaged', `the snapshot is damaged: ${(error as Error).message}`);
    }
  }

  private tenant(name: string): TenantModels {
    const known = this.byTenant.get(name);
    if (known !== undefined) return known;
    const models = new TenantModels(this.options, this.scratch);
    this.byTenant.set(name, models);
    return models;
  }

  private sum(of: (models: TenantModels) => number, tenant?: string): number {
    if (tenant !== undefined) return this.byTenant.has(tenant) ? of(this.byTenant.get(tenant)!) : 0;
    let sum = 0;
    for (const models of this.byTenant.values()) sum += of(models);
    return sum;
  }
}
