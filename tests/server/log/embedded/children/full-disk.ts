/** Fills a small disk through the log, makes room by trimming, and goes on. Says on stdout how each step ended. */
import { writeSync } from 'node:fs';
import { openEmbeddedLog } from '../../../../../server/log/embedded/log.ts';
import { LogError } from '../../../../../server/log/error.ts';
import { makeBatch } from '../../../../contract/log-fixtures.ts';

const [dir, minFreeBytes] = [process.argv[2]!, Number(process.argv[3])];
const stopped: string[] = [];
const onStop = (error: LogError): number => stopped.push(error.code);
const log = await openEmbeddedLog({ dir, partitions: 1, rememberProducersMs: 1e9, dedupMs: 0, minFreeBytes, onStop });
let first = 1;

/** Appends until it is refused; gives the code. */
async function fill(most: number): Promise<string> {
  for (let i = 0; i < most; i++) {
    try {
      const result = await log.append(makeBatch(0, [{ producer: 'p', first, count: 10, padding: 2000 }]));
      if (result.status !== 'appended') return result.status;
      first += 10;
    } catch (error) {
      if (error instanceof LogError) return error.code;
      throw error;
    }
  }
  return 'appended';
}
const say = (line: object): number => writeSync(1, `${JSON.stringify(line)}\n`);

say({ step: 'fill', code: await fill(10_000), stands: (await log.state()).events[0]!.last === first - 1 });
say({ step: 'again', code: await fill(1), stopped });
if (stopped.length === 0) {
  const { entries } = await log.trim({ stream: 'events', maxBytes: 1_000_000 });
  say({ step: 'trim', code: entries > 0 ? 'trimmed' : 'nothing' });
  say({ step: 'go on', code: await fill(20), stands: (await log.state()).events[0]!.last === first - 1 });
}
await log.close();
