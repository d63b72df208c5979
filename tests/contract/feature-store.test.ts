import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFeatureReader } from '../../server/features/embedded/reader.ts';
import { openEmbeddedFeatureStore } from '../../server/features/embedded/store.ts';
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

runFeatureStoreContract('embedded', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'gapless.features-'));
  let store = await openEmbeddedFeatureStore(dir);
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = await openEmbeddedFeatureStore(dir);
      return store;
    },
    another: () => openEmbeddedFeatureStore(dir),
    reader: () => openEmbeddedFeatureReader(dir),
    async destroy() {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
});
