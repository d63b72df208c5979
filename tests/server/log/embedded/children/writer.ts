/** Appends as fast as the log answers, goes on from what stands, and says on stdout what was acknowledged: `<partition> <last number>`. */
import { writeSync } from 'node:fs';
import { openEmbeddedLog } from '../../../../../server/log/embedded/log.ts';
import { keyOf, makeBatch, mustAppend } from '../../../../contract/log-fixtures.ts';

const [dir, partitions] = [process.argv[2]!, Number(process.argv[3])];
const log = await openEmbeddedLog({ dir, partitions, rememberProducersMs: 1e9, dedupMs: 1e9, minFreeBytes: 0 });

async function write(partition: number): Promise<void> {
  const [records] = await log.producers([keyOf(`a${partition}`)]);
  let watermark = records?.[0]?.watermark ?? 0;
  for (;;) {
    const first = watermark + 1;
    const count = 1 + (watermark % 9);
    const unit = { first, count, dead: count > 4 ? [first + 1] : [], padding: 300 };
    const ids = { [first]: `${partition}-${first}` };
    const batch = makeBatch(partition, [
      { ...unit, producer: `a${partition}`, ids },
      { ...unit, producer: `b${partition}` },
    ]);
    await mustAppend(log, batch);
    watermark += count;
    writeSync(1, `${partition} ${watermark}\n`);
  }
}
await Promise.all(Array.from({ length: partitions }, (_, partition) => write(partition)));
