/** A process that logs to its stdout and ends, in the way its argument says. */
import { createLogger } from '../../../server/ops/logger.ts';

const logger = createLogger({ level: 'info' });
const [mode] = process.argv.slice(2);

function log(lines: number): void {
  for (let i = 0; i < lines; i++) logger.info({ i, pad: 'x'.repeat(200) }, 'line');
}

/** Resolves after the event loop has turned a few times, so that writes had their chance. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

if (mode === 'exit') {
  log(100);
} else if (mode === 'stall') {
  log(20_000);
  await turns(5);
  console.error(`dropped ${logger.dropped()}`);
} else if (mode === 'closed') {
  await turns(10);
  log(10);
  await turns(10);
  log(10);
}
logger.flush();
process.exit(3);
