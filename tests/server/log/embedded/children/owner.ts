/** Opens a log, says on one line whether it got it, and holds it until it is killed or its stdin ends. */
import { writeSync } from 'node:fs';
import { openEmbeddedLog } from '../../../../../server/log/embedded/log.ts';
import { LogError } from '../../../../../server/log/error.ts';

const dir = process.argv[2]!;
try {
  const log = await openEmbeddedLog({ dir, partitions: 2, rememberProducersMs: 1e9, dedupMs: 0, minFreeBytes: 0 });
  writeSync(1, `open ${process.pid}\n`);
  process.stdin.resume().once('end', () => log.close());
} catch (error) {
  if (!(error instanceof LogError)) throw error;
  writeSync(1, `${error.code} ${error.message}\n`);
}
