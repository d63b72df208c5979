/** What the events of one source share while its slab is worked on. */
import { ContextFill, NO_CONTEXT } from './context.ts';
import { type Device, deviceOf } from './device.ts';
import type { Job } from './job.ts';
import { ownerOf, partitionFor } from './partition.ts';
import type { SlabSource } from './slab.ts';

/** What it has for one partition. */
export interface Draft {
  partition: number;
  jobs: Job[];
}

export class Lane {
  /** Index into the slab's sources. */
  readonly index: number;
  readonly source: SlabSource;
  readonly context: ContextFill;
  /** Whether its events may be read quickly. */
  readonly quick: boolean;
  /** Its events by partition, each in number order. */
  readonly drafts: Draft[] = [];
  private readonly partitions: number;
  /** Made for the second user: most sources have one. */
  private byUser: Map<string | null, Draft> | null = null;
  private lastUser: string | null = null;
  private lastDraft: Draft | null = null;
  private known: Device | null = null;

  constructor(index: number, source: SlabSource, partitions: number) {
    this.index = index;
    this.source = source;
    this.partitions = partitions;
    this.context = source.context || source.userId !== undefined ? new ContextFill(source) : NO_CONTEXT;
    this.quick = source.internal !== true && this.context.quick;
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
    if (!this.lastDraft || job.userId !== this.lastUser) {
      this.lastDraft = this.draftOf(job.userId);
      this.lastUser = job.userId;
    }
    this.lastDraft.jobs.push(job);
  }

  private draftOf(userId: string | null): Draft {
    const known = this.byUser?.get(userId);
    if (known) return known;
    const partition = partitionFor(this.source, userId, this.partitions);
    let draft = this.drafts.find((other) => other.partition === partition);
    if (!draft) {
      draft = { partition, jobs: [] };
      this.drafts.push(draft);
    }
    if (this.lastDraft) {
      this.byUser ??= new Map();
      this.byUser.set(userId, draft);
    }
    return draft;
  }
}
