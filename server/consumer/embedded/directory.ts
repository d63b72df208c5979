/** All groups of the environment. */
import { StoreError } from '../../features/error.ts';
import { Environment, type EnvironmentOptions } from '../../lmdb/environment.ts';
import type { GroupDirectory, GroupProgress } from '../port.ts';
import { GROUPS_LAYOUT, memberRange, partitionRange } from './layout.ts';
import { readGroups, readKeys, readProgress } from './read.ts';

/** The data need not be there yet: there are no groups then. Throws StoreError `misconfigured` where it cannot be read. */
export async function openEmbeddedGroupDirectory(options: EnvironmentOptions): Promise<GroupDirectory> {
  const directory = new EmbeddedGroupDirectory(options);
  await directory.groups();
  return directory;
}

class EmbeddedGroupDirectory implements GroupDirectory {
  private readonly options: EnvironmentOptions;
  private environment: Environment | null = null;
  private closed = false;

  constructor(options: EnvironmentOptions) {
    this.options = options;
  }

  async groups(): Promise<{ group: string; progress: GroupProgress[] }[]> {
    const environment = await this.look();
    if (!environment) return [];
    return readGroups(environment).map((group) => ({ group, progress: readProgress(environment, group) }));
  }

  async forget(group: string): Promise<void> {
    const environment = await this.look();
    if (!environment) return;
    const table = environment.table('groups');
    const keys = [partitionRange(group), memberRange(group)].flatMap((range) => readKeys(environment, range));
    await environment.write(0, () =>
      table.batch(() => {
        for (const key of keys) void table.remove(key);
      }),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.environment?.close();
  }

  private async look(): Promise<Environment | null> {
    if (this.closed) throw new StoreError('closed', 'the directory of groups is closed');
    this.environment ??= await Environment.openExisting(this.options, GROUPS_LAYOUT);
    return this.environment;
  }
}
