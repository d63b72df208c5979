import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedGroupDirectory } from '../../server/consumer/embedded/directory.ts';
import { openEmbeddedGroups } from '../../server/consumer/embedded/groups.ts';
import { GroupMemory, openMemoryGroupDirectory, openMemoryGroups } from '../../server/consumer/memory/groups.ts';
import { runGroupStoreContract } from './group-store.ts';

runGroupStoreContract('memory', async () => {
  const memory = new GroupMemory();
  return {
    open: async (group) => openMemoryGroups({ group, memory }),
    directory: async () => openMemoryGroupDirectory(memory),
    destroy: async () => {},
  };
});

runGroupStoreContract('embedded', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gapless.groups-'));
  const opened: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one);
    return one;
  };
  return {
    open: async (group) => kept(await openEmbeddedGroups({ dir, group })),
    directory: async () => kept(await openEmbeddedGroupDirectory({ dir })),
    async destroy() {
      for (const one of opened) await one.close();
      rmSync(dir, { recursive: true });
    },
  };
});
