import { openMemoryLog } from '../../server/log/memory/log.ts';
import { runEventLogContract } from './event-log.ts';

runEventLogContract('memory', async (options) => {
  const log = openMemoryLog(options);
  return {
    log,
    reopen: () => Promise.reject(new Error('memory cannot be reopened')),
    destroy: () => log.close(),
    async corrupt(stream, partition, last) {
      const entry = log.partitions[partition]!.streams[stream].entries.find((stored) => stored.last === last)!;
      entry.bytes[entry.bytes.length - 1]! ^= 1;
    },
  };
});
