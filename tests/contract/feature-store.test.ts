import { FeatureMemory, openMemoryFeatureStore } from '../../server/features/memory/store.ts';
import { runFeatureStoreContract } from './feature-store.ts';

runFeatureStoreContract('memory', async () => {
  const memory = new FeatureMemory();
  const store = openMemoryFeatureStore(memory);
  return {
    store,
    reopen: () => Promise.reject(new Error('memory cannot be reopened')),
    another: async () => openMemoryFeatureStore(memory),
    reader: async () => openMemoryFeatureStore(memory),
    destroy: () => store.close(),
  };
});
