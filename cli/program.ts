import { Command } from 'commander';
import { VERSION } from '../server/version.ts';
import { dlqCommand } from './commands/dlq.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { fanoutCommand } from './commands/fanout.ts';
import { featuresCommand } from './commands/features.ts';
import { groupsCommand } from './commands/groups.ts';
import { loadtestCommand } from './commands/loadtest.ts';
import { logCommand } from './commands/log.ts';
import { sendCommand } from './commands/send.ts';
import { serveCommand } from './commands/serve.ts';
import { simulateCommand } from './commands/simulate.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';
import { strict } from './strict.ts';

/** All commands. Help and wrong arguments throw CommanderError, after their text is printed. */
export function makeProgram(): Command {
  const program = new Command('gapless')
    .description('A realtime ingestion server for music-player events: nothing lost, nothing twice.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
Examples:
  gapless serve                             start the server on the embedded engine
  gapless simulate --out events.ndjson --events 100000
  gapless send events.ndjson                each line is stored once, however often you send it
  gapless verify events.ndjson              compares the log with the file
  gapless log read --json | head            what the log holds
  gapless evaluate events.ndjson            how well recommendations would have predicted what came next
  gapless loadtest steady --short           a server under load, verified

Settings come from the environment (GAPLESS_PORT, GAPLESS_DATA_DIR, GAPLESS_REDIS_URL, ...); flags win.
"gapless serve --print-config" lists them all. DEBUG=1 shows the stack of an error.`,
    );
  for (const command of [
    serveCommand,
    sendCommand,
    verifyCommand,
    simulateCommand,
    logCommand,
    dlqCommand,
    tailCommand,
    groupsCommand,
    featuresCommand,
    fanoutCommand,
    evaluateCommand,
    loadtestCommand,
  ]) {
    program.addCommand(command());
  }
  strict(program);
  return program;
}
