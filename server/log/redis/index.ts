/** The event log in Redis 7 or newer, or Valkey: one server, a master that Sentinels watch, or a Cluster. */
export { openRedisLog, type RedisLog, type RedisLogOptions } from './log.ts';
export { openRedisReader, type RedisLogReader, type RedisReaderOptions } from './log-reader.ts';
