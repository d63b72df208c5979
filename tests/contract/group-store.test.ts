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
