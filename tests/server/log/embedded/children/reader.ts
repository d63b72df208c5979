/** Follows a partition beside its writer and says on stdout what it sees: `<producer>:<seq>` a line, until it is killed. */
import { writeSync } from 'node:fs';
import { openEmbeddedReader } from '../../../../../server/log/embedded/reader.ts';
import { tail } from '../../../../../server/log/tail.ts';
import { decodeItems } from '../../../../contract/log-fixtures.ts';

const [dir, partition] = [process.argv[2]!, Number(process.argv[3])];
const reader = await openEmbeddedReader(dir);
const never = new AbortController().signal;
writeSync(1, `partitions:${reader.partitions}\n`);
for await (const item of tail(reader, 'events', partition, 1, never, { pollMs: 5, maxBytes: 32 * 1024 })) {
  writeSync(
    1,
    decodeItems([item])
      .map(({ producer, seq }) => `${producer}:${seq}\n`)
      .join(''),
  );
}
