/**
 * A service as a stranger would write it: counts every event in a store of its own (LMDB), position and effect in one transaction. Several
 * processes share the store. Arguments: group, storage as JSON, folder of the store.
 */
import { openConsumer } from 'gapless/consumer';
import { open } from 'lmdb';

const [group, storage, folder] = process.argv.slice(2);
const store = open({ path: folder, noSubdir: false, useVersions: false, overlappingSync: false });

const consumer = await openConsumer({
  ...{ group, storage: JSON.parse(storage), start: 'earliest', leaseMs: 600, batch: { maxEvents: 7 } },
  position: (partition) => store.get(`position ${partition}`) ?? null,
  handler({ partition, events, from, to }) {
    store.transactionSync(() => {
      if ((store.get(`position ${partition}`) ?? 0) !== from - 1) throw new Error('another member was faster');
      store.put(`position ${partition}`, to);
      for (const { event } of events) store.put(`event ${event.n}`, (store.get(`event ${event.n}`) ?? 0) + 1);
    });
  },
  onPartitions: (partitions) => console.log(JSON.stringify({ partitions })),
  onError: (error) => console.error(error.message),
});
process.on('SIGTERM', async () => {
  await consumer.stop();
  await store.close();
});
