/** Where consumers find the log and their group, by a command's settings. */
import type { Config } from '../server/config.ts';
import type { ConsumerStorage } from '../server/consumer/index.ts';

export function consumerStorage({ redisUrl, redisPrefix, dataDir }: Config): ConsumerStorage {
  return redisUrl === undefined ? { dataDir } : { redisUrl, prefix: redisPrefix };
}

/** For people; never with a password. */
export function storageText({ redisUrl, redisPrefix, dataDir }: Config): string {
  return redisUrl === undefined ? `the folder ${dataDir}` : `Redis, prefix ${redisPrefix}`;
}
