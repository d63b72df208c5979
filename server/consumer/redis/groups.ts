/** A group in Redis; `keys.ts` says how the data lies. */
import { StoreError } from '../../features/error.ts';
import type { Script } from '../../redis/script.ts';
import { StoreConnection, type StoreConnectionOptions } from '../../redis/store-connection.ts';
import { checkGroupName, checkMember, checkPositions } from '../lease.ts';
import type { GroupProgress, GroupStore, Lease } from '../port.ts';
import { groupsKey, membersKey, partitionKey } from './keys.ts';
import { readProgress } from './read.ts';
import { ACQUIRE, COMMIT, JOIN, LEAVE, REGISTER, RELEASE, RENEW } from './scripts.ts';
import { ShownProgress } from './shown.ts';

export interface RedisGroupsOptions extends StoreConnectionOptions {
  group: string;
  /** How many the log has. */
  partitions: number;
}

/** Throws StoreError `misconfigured`, `unavailable` or `invalid`. */
export async function openRedisGroups(options: RedisGroupsOptions): Promise<GroupStore> {
  checkGroupName(options.group);
  return new RedisGroups(options, await StoreConnection.open(options, `group-${options.group}`));
}

class RedisGroups implements GroupStore {
  private readonly prefix: string;
  private readonly group: string;
  private readonly partitions: number;
  private readonly connection: StoreConnection;
  private readonly shown: ShownProgress;
  private closing: Promise<void> | null = null;

  constructor({ prefix, group, partitions, onError = () => {} }: RedisGroupsOptions, connection: StoreConnection) {
    this.prefix = prefix;
    this.group = group;
    this.partitions = partitions;
    this.connection = connection;
    this.shown = new ShownProgress(connection, prefix, group, onError);
  }

  async join(member: string, ttlMs: number): Promise<string[]> {
    this.mustBeOpen();
    checkMember(member, ttlMs);
    const join = { script: JOIN, keys: [membersKey(this.prefix, this.group)], args: [member, Math.ceil(ttlMs)] };
    const [members] = await Promise.all([this.connection.write(join), this.register()]);
    return (members as Buffer[]).map((name) => name.toString()).sort();
  }

  async leave(member: string): Promise<void> {
    this.mustBeOpen();
    await this.connection.write({ script: LEAVE, keys: [membersKey(this.prefix, this.group)], args: [member] });
  }

  async acquire(partition: number, member: string, ttlMs: number): Promise<Lease | null> {
    checkMember(member, ttlMs);
    const answer = await this.ofPartition(ACQUIRE, partition, [member, Math.ceil(ttlMs)]);
    if (!answer) return null;
    const [fence, changes] = answer as [Buffer, number];
    if (changes === 1) await this.register();
    return { partition, owner: member, fence: Number(fence.toString()) };
  }

  async renew(lease: Lease, ttlMs: number): Promise<boolean> {
    return (await this.ofLease(RENEW, lease, [Math.ceil(ttlMs)])) === 1;
  }

  async release(lease: Lease): Promise<void> {
    await this.ofLease(RELEASE, lease, []);
  }

  async commit(lease: Lease, expected: number, position: number): Promise<boolean> {
    checkPositions(expected, position);
    const done = (await this.ofLease(COMMIT, lease, [String(expected), String(position)])) === 1;
    if (done) this.shown.note(lease.partition);
    return done;
  }

  async progress(): Promise<GroupProgress[]> {
    this.mustBeOpen();
    return readProgress(this.connection, this.prefix, this.group, this.partitions);
  }

  close(): Promise<void> {
    this.closing ??= this.shown.end().then(() => this.connection.close());
    return this.closing;
  }

  private ofLease(script: Script, { partition, owner, fence }: Lease, args: (string | number)[]): Promise<unknown> {
    return this.ofPartition(script, partition, [owner, String(fence), ...args]);
  }

  private async ofPartition(script: Script, partition: number, args: (string | number)[]): Promise<unknown> {
    this.mustBeOpen();
    return this.connection.write({ script, keys: [partitionKey(this.prefix, this.group, partition)], args });
  }

  /** The directory has it in another slot: it is told with each join and each change of owner, which comes right what was forgotten meanwhile. */
  private register(): Promise<unknown> {
    return this.connection.write({ script: REGISTER, keys: [groupsKey(this.prefix)], args: [this.group] });
  }

  private mustBeOpen(): void {
    if (this.closing) throw new StoreError('closed', `the store of group ${this.group} is closed`);
  }
}
