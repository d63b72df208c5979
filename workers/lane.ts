/** What the events of one source share while its slab is worked on. */
import { ContextFill } from './context.ts';
import { type Device, deviceOf } from './device.ts';
import type { Job } from './job.ts';
import { ownerOf, partitionFor } from './partition.ts';
import type { SlabSource } from './slab.ts';

export class Lane {
  /** Index into the slab's sources. */
  readonly index: number;
  readonly source: SlabSource;
  readonly context: ContextFill;
  /** Its events by partition, each in number order. */
  readonly drafts = new Map<number, Job[]>();
  private readonly partitions: number;
  private readonly byUser = new Map<string | null, Job[]>();
  private lastUser: string | null | undefined = undefined;
  private lastDraft: Job[] = [];
  private known: Device | null = null;

  constructor(index: number, source: SlabSource, partitions: number) {
    this.index = index;
    this.source = source;
    this.partitions = partitions;
    this.context = new ContextFill(source);
  }

  /** What is known of its client's software. */
  get device(): Device {
    this.known ??= deviceOf(this.source.userAgent, this.source.agent);
    return this.known;
  }

  /** Whose event it is that has this raw `user_id`. */
  ownerOf(rawUserId: string | null): string | null {
    return ownerOf(this.source, rawUserId);
  }

  /** Puts the job with the others of its partition. */
  place(job: Job): void {
    if (job.userId !== this.lastUser) {
      this.lastUser = job.userId;
      this.lastDraft = this.draftOf(job.userId);
    }
    this.lastDraft.push(job);
  }

  private draftOf(userId: string | null): Job[] {
    const known = this.byUser.get(userId);
    if (known) return known;
    const partition = partitionFor(this.source, userId, this.partitions);
    const draft = this.drafts.get(partition) ?? [];
    this.drafts.set(partition, draft);
    this.byUser.set(userId, draft);
    return draft;
  }
}
