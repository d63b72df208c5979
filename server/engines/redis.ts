/** Redis: servers that share one log. */
import { openRedisBus } from '../bus/redis.ts';
import { openRedisGroupDirectory } from '../consumer/redis/directory.ts';
import { openRedisGroups } from '../consumer/redis/groups.ts';
import { openRedisFeatureStore } from '../features/redis/store.ts';
import { openRedisLog, openRedisReader } from '../log/redis/index.ts';
import type { Engine, EngineSettings } from './engine.ts';

export const engine: Engine = {
  openLog: ({ config, onStop: _, ...common }) =>
    openRedisLog({
      ...common,
      ...at(config),
      partitions: config.partitions,
      maxBytes: config.redisMaxBytes,
      replicas: config.redisReplicas,
      ...(config.redisDurability && { declaredDurability: config.redisDurability }),
    }),
  openReader: (settings) => openRedisReader(at(settings)),
  openBus: (settings, onError) => openRedisBus({ ...at(settings), onError }),
  openFeatureStore: (settings) => openRedisFeatureStore(at(settings)),
  openFeatureReader: (settings) => openRedisFeatureStore(at(settings)),
  openGroups: (settings, group) => openRedisGroups({ ...at(settings), partitions: settings.partitions, group }),
  openGroupDirectory: (settings) => openRedisGroupDirectory({ ...at(settings), partitions: settings.partitions }),
};

function at({ redisUrl, redisPrefix: prefix }: Pick<EngineSettings, 'redisUrl' | 'redisPrefix'>) {
  if (redisUrl === undefined) throw new TypeError('settings of the Redis engine need a URL');
  return { url: redisUrl, prefix };
}
