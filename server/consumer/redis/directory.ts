/** All groups under a prefix. */
import { StoreConnection, type StoreConnectionOptions } from '../../redis/store-connection.ts';
import type { GroupDirectory, GroupProgress } from '../port.ts';
import { groupsKey, membersKey, shownKeys } from './keys.ts';
import { readProgress } from './read.ts';
import { FORGET, FORGET_MEMBERS, GROUPS, UNREGISTER } from './scripts.ts';

export interface RedisGroupDirectoryOptions extends StoreConnectionOptions {
  /** How many the log has. */
  partitions: number;
}

/** Throws StoreError `misconfigured` or `unavailable`. */
export async function openRedisGroupDirectory(options: RedisGroupDirectoryOptions): Promise<GroupDirectory> {
  return new RedisGroupDirectory(options, await StoreConnection.open(options, 'groups'));
}

class RedisGroupDirectory implements GroupDirectory {
  private readonly prefix: string;
  private readonly partitions: number;
  private readonly connection: StoreConnection;

  constructor({ prefix, partitions }: RedisGroupDirectoryOptions, connection: StoreConnection) {
    this.prefix = prefix;
    this.partitions = partitions;
    this.connection = connection;
  }

  async groups(): Promise<{ group: string; progress: GroupProgress[] }[]> {
    const keys = [groupsKey(this.prefix)];
    const names = (await this.connection.look({ script: GROUPS, keys, args: [] })) as Buffer[];
    const groups = names.map((name) => name.toString()).sort();
    return Promise.all(
      groups.map(async (group) => ({
        group,
        progress: await readProgress(this.connection, this.prefix, group, this.partitions),
      })),
    );
  }

  /** Its name goes last: what was cut short is seen and can be done again. */
  async forget(group: string): Promise<void> {
    const { prefix, partitions } = this;
    const run = (script: typeof FORGET, keys: string[]): Promise<unknown> =>
      this.connection.write({ script, keys, args: [group] });
    await Promise.all(
      Array.from({ length: partitions }, (_, partition) => run(FORGET, shownKeys(prefix, group, partition))),
    );
    await run(FORGET_MEMBERS, [membersKey(prefix, group)]);
    await run(UNREGISTER, [groupsKey(prefix)]);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
