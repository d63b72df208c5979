/** Groups in memory: what the other engines are measured by, and what tests use. */
import { StoreError } from '../../features/error.ts';
import {
  acquired,
  checkGroupName,
  checkMember,
  checkPositions,
  isHeld,
  isLasting,
  NEW_PARTITION,
  type PartitionRecord,
  progressOf,
} from '../lease.ts';
import type { GroupDirectory, GroupProgress, GroupStore, Lease } from '../port.ts';

interface Group {
  members: Map<string, { renewedAt: number; ttlMs: number }>;
  partitions: Map<number, PartitionRecord>;
}

/** What stores and directories that are opened upon it share. `now` is its clock, ms since 1970. */
export class GroupMemory {
  readonly groups = new Map<string, Group>();
  readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  group(name: string): Group {
    const group = this.groups.get(name) ?? { members: new Map(), partitions: new Map() };
    this.groups.set(name, group);
    return group;
  }
}

export interface MemoryGroupsOptions {
  group: string;
  /** Default: one that nobody shares. */
  memory?: GroupMemory;
}

/** Throws StoreError `invalid`. */
export function openMemoryGroups({ group, memory = new GroupMemory() }: MemoryGroupsOptions): GroupStore {
  checkGroupName(group);
  return new MemoryGroups(group, memory);
}

export function openMemoryGroupDirectory(memory: GroupMemory): GroupDirectory {
  return new MemoryGroupDirectory(memory);
}

class MemoryGroupDirectory implements GroupDirectory {
  private readonly memory: GroupMemory;
  private closed = false;

  constructor(memory: GroupMemory) {
    this.memory = memory;
  }

  async groups(): Promise<{ group: string; progress: GroupProgress[] }[]> {
    this.mustBeOpen();
    return [...this.memory.groups]
      .map(([group, { partitions }]) => ({ group, progress: progressOfAll(partitions) }))
      .sort((a, b) => (a.group < b.group ? -1 : 1));
  }

  async forget(group: string): Promise<void> {
    this.mustBeOpen();
    this.memory.groups.delete(group);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private mustBeOpen(): void {
    if (this.closed) throw new StoreError('closed', 'the directory of groups is closed');
  }
}

class MemoryGroups implements GroupStore {
  private readonly name: string;
  private readonly memory: GroupMemory;
  private closed = false;

  constructor(name: string, memory: GroupMemory) {
    this.name = name;
    this.memory = memory;
  }

  async join(member: string, ttlMs: number): Promise<string[]> {
    checkMember(member, ttlMs);
    const { members } = this.group();
    const now = this.memory.now();
    members.set(member, { renewedAt: now, ttlMs });
    for (const [name, life] of members) if (!isLasting(life, now)) members.delete(name);
    return [...members.keys()].sort();
  }

  async leave(member: string): Promise<void> {
    this.known()?.members.delete(member);
  }

  async acquire(partition: number, member: string, ttlMs: number): Promise<Lease | null> {
    checkMember(member, ttlMs);
    const { partitions } = this.group();
    const record = acquired(partitions.get(partition) ?? NEW_PARTITION, member, ttlMs, this.memory.now());
    if (!record) return null;
    partitions.set(partition, record);
    return { partition, owner: member, fence: record.fence };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.change(lease, (record) => ({ ...record, renewedAt: this.memory.now(), ttlMs }));
  }

  async release(lease: Lease): Promise<void> {
    this.change(lease, (record) => ({ ...record, owner: '' }));
  }

  async commit(lease: Lease, expected: number, position: number): Promise<boolean> {
    checkPositions(expected, position);
    return this.change(lease, (record) =>
      record.position === expected ? { ...record, position, at: this.memory.now() } : null,
    );
  }

  async progress(): Promise<GroupProgress[]> {
    return progressOfAll(this.known()?.partitions ?? new Map());
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** False where the lease is lost, or `next` does not want to. */
  private change(lease: Lease, next: (record: PartitionRecord) => PartitionRecord | null): boolean {
    const partitions = this.known()?.partitions;
    const record = partitions?.get(lease.partition);
    const changed = record && isHeld(record, lease) ? next(record) : null;
    if (changed) partitions?.set(lease.partition, changed);
    return changed !== null;
  }

  /** The group, made where there is none. */
  private group(): Group {
    return this.known() ?? this.memory.group(this.name);
  }

  private known(): Group | undefined {
    if (this.closed) throw new StoreError('closed', "the groups' store is closed");
    return this.memory.groups.get(this.name);
  }
}

function progressOfAll(partitions: Group['partitions']): GroupProgress[] {
  return [...partitions]
    .map(([partition, record]) => progressOf(partition, record))
    .sort((a, b) => a.partition - b.partition);
}
