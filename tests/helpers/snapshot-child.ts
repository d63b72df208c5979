/** A process that writes snapshots of growing indexes into a folder until it is killed: `folder`. Says a line for each that stands. */
import { SharedIndex } from '../../server/recommend/index/shared-index.ts';
import { writeSnapshot } from '../../server/recommend/index/snapshot-file.ts';
import { Listening, memoryLog, PARTITIONS } from '../server/recommend/index/listening.ts';
import { LogWriter } from './log-writer.ts';

const folder = process.argv[2]!;
const log = memoryLog();
const listening = new Listening(new LogWriter(log));
const { identity } = await log.state();
const index = new SharedIndex(identity, PARTITIONS);
for (;;) {
  await listening.write(100);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const from = index.anchors[partition]!.position + 1;
    for (const item of await log.read('events', partition, from, 1e9)) index.learn(item, 0);
  }
  await writeSnapshot(folder, index);
  process.stdout.write(`${index.events}\n`);
}
