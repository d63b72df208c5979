/** LMDB in the data folder: a server that is alone. */
import { join } from 'node:path';
import { LocalBus } from '../bus/local.ts';
import { openEmbeddedGroupDirectory } from '../consumer/embedded/directory.ts';
import { openEmbeddedGroups } from '../consumer/embedded/groups.ts';
import { openEmbeddedFeatureReader } from '../features/embedded/reader.ts';
import { openEmbeddedFeatureStore } from '../features/embedded/store.ts';
import { openEmbeddedLog } from '../log/embedded/log.ts';
import { openEmbeddedReader } from '../log/embedded/reader.ts';
import type { Engine } from './engine.ts';

export const engine: Engine = {
  openLog: ({ config: { dataDir: dir, partitions, minFreeBytes }, ...common }) =>
    openEmbeddedLog({ ...common, dir, partitions, minFreeBytes }),
  openReader: ({ dataDir }) => openEmbeddedReader(dataDir),
  openBus: async ({ process }, onError) => new LocalBus(onError, process),
  openFeatureStore: ({ dataDir }) => openEmbeddedFeatureStore(featuresDir(dataDir)),
  openFeatureReader: ({ dataDir }) => openEmbeddedFeatureReader(featuresDir(dataDir)),
  openGroups: ({ dataDir }, group) => openEmbeddedGroups({ dir: groupsDir(dataDir), group }),
  openGroupDirectory: ({ dataDir }) => openEmbeddedGroupDirectory({ dir: groupsDir(dataDir) }),
};

// Environments of their own beside the log's, which only the server's main thread writes.
const featuresDir = (dataDir: string) => join(dataDir, 'features');
const groupsDir = (dataDir: string) => join(dataDir, 'groups');
