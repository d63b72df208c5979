/** A group in an LMDB environment, which several processes of a machine may have open; `layout.ts` says how the data lies. */
import { Environment, type EnvironmentOptions } from '../../lmdb/environment.ts';
import {
  acquired,
  checkGroupName,
  checkMember,
  checkPositions,
  isHeld,
  isLasting,
  NEW_PARTITION,
  type PartitionRecord,
} from '../lease.ts';
import type { GroupProgress, GroupStore, Lease } from '../port.ts';
import { decode, encode, GROUPS_LAYOUT, memberKey, memberOf, memberRange, partitionKey } from './layout.ts';
import { readProgress } from './read.ts';

export interface EmbeddedGroupsOptions extends EnvironmentOptions {
  group: string;
}

/** `dir` is a folder of its own, the same for all groups. Throws StoreError `misconfigured` or `invalid`. */
export async function openEmbeddedGroups({ group, ...options }: EmbeddedGroupsOptions): Promise<GroupStore> {
  checkGroupName(group);
  return new EmbeddedGroups(group, await Environment.open(options, GROUPS_LAYOUT));
}

class EmbeddedGroups implements GroupStore {
  private readonly group: string;
  private readonly environment: Environment;

  constructor(group: string, environment: Environment) {
    this.group = group;
    this.environment = environment;
  }

  async join(member: string, ttlMs: number): Promise<string[]> {
    checkMember(member, ttlMs);
    const now = Date.now();
    const life = encode({ renewedAt: now, ttlMs });
    await this.environment.write(life.length, () => this.table.put(memberKey(this.group, member), life, now));
    const members = this.environment.read(() => [
      ...this.table
        .getRange({ ...memberRange(this.group), versions: true })
        .map(({ key, value, version }) => ({ key, version, ...decode<{ renewedAt: number; ttlMs: number }>(value) })),
    ]);
    const [here, gone] = [members.filter((one) => isLasting(one, now)), members.filter((one) => !isLasting(one, now))];
    // Only as it was seen: it may have come back.
    for (const { key, version } of gone) await this.environment.write(0, () => this.table.remove(key, version!));
    return here.map(({ key }) => memberOf(key)).sort();
  }

  async leave(member: string): Promise<void> {
    await this.environment.write(0, () => this.table.remove(memberKey(this.group, member)));
  }

  async acquire(partition: number, member: string, ttlMs: number): Promise<Lease | null> {
    checkMember(member, ttlMs);
    const record = await this.change(partition, (old = NEW_PARTITION) => acquired(old, member, ttlMs, Date.now()));
    return record && { partition, owner: member, fence: record.fence };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    return this.changeHeld(lease, (record) => ({ ...record, renewedAt: Date.now(), ttlMs }));
  }

  async release(lease: Lease): Promise<void> {
    await this.changeHeld(lease, (record) => ({ ...record, owner: '' }));
  }

  async commit(lease: Lease, expected: number, position: number): Promise<boolean> {
    checkPositions(expected, position);
    return this.changeHeld(lease, (record) =>
      record.position === expected ? { ...record, position, at: Date.now() } : null,
    );
  }

  async progress(): Promise<GroupProgress[]> {
    return readProgress(this.environment, this.group);
  }

  close(): Promise<void> {
    return this.environment.close();
  }

  private get table() {
    return this.environment.table('groups');
  }

  /** False where the lease is lost, or `next` does not want to. */
  private async changeHeld(lease: Lease, next: (record: PartitionRecord) => PartitionRecord | null): Promise<boolean> {
    const changed = await this.change(lease.partition, (record) =>
      record && isHeld(record, lease) ? next(record) : null,
    );
    return changed !== null;
  }

  /** Decides by what stands, and writes if that still stands; decides anew otherwise. The record as written, null where there is no change. */
  private async change(
    partition: number,
    next: (record: PartitionRecord | undefined) => PartitionRecord | null,
  ): Promise<PartitionRecord | null> {
    const { table, environment } = this;
    const key = partitionKey(this.group, partition);
    for (;;) {
      const entry = environment.read(() => table.getEntry(key));
      const record = next(entry && decode<PartitionRecord>(entry.value));
      if (!record) return null;
      const value = encode(record);
      // A group that was forgotten begins with a version that it did not have before.
      const put = (): void => void table.put(key, value, (entry?.version ?? Date.now()) + 1);
      const written = await environment.write(value.length, () =>
        entry ? table.ifVersion(key, entry.version!, put) : table.ifNoExists(key, put),
      );
      if (written) return record;
    }
  }
}
