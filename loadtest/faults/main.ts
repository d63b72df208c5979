/** `npm run faults`: kills servers and storage under load and proves what is left. Bounded by the number of events. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { describeMachine } from '../harness/machine.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../harness/temporary.ts';
import { startCommand } from './command.ts';
import { type FaultResult, SCENARIOS, type Scenario } from './scenarios.ts';

interface Options {
  events: number;
  seed: number;
  only: Scenario[];
  out?: string;
}

const options = readOptions();
const machine = describeMachine();
const folder = await makeTemporaryFolder('gapless-faults-file-');
const results: FaultResult[] = [];
const skipped: string[] = [];
const { events, seed } = options;
try {
  const file = path.join(folder, 'events.ndjson');
  const made = startCommand(['simulate', '--events', String(events), '--seed', String(seed), '--out', file]);
  if ((await made.end()) !== 0) throw new Error(made.tail);
  for (const scenario of options.only) {
    const reason = scenario.whyNot();
    if (reason !== null) {
      skipped.push(`NOT RUN: ${scenario.title}: ${reason}`);
      continue;
    }
    process.stderr.write(`  ${scenario.title} ...`);
    const result = await scenario.run({ file, events, seed });
    results.push(result);
    process.stderr.write(` ${result.kills} kills in ${result.send.seconds.toFixed(0)} s\n`);
  }
} finally {
  await removeTemporaryFolder(folder);
}

console.log(table(results));
const out = options.out ?? path.join('loadtest/reports', `faults-${machine.time.replaceAll(':', '-')}.json`);
await mkdir(path.dirname(out), { recursive: true });
await writeFile(out, `${JSON.stringify({ machine, events, seed, results, skipped }, null, 2)}\n`);
console.log(`Written to ${out}`);
const broken = results.flatMap((result) => result.broken.map((text) => `BROKEN: ${result.title}: ${text}`));
for (const line of [...skipped, ...broken]) console.log(line);
process.exit(broken.length > 0 || results.length === 0 ? 1 : 0);

function table(rows: readonly FaultResult[]): string {
  const head = [
    'fault',
    'kills',
    'sent',
    'stored once',
    'twice',
    'out of order',
    'acknowledged and lost',
    'counted as lost',
  ];
  const out = new Table({ head, style: { head: [], border: [], compact: true } });
  const whole = (value: number) => value.toLocaleString('en');
  for (const { title, kills, send, verify, storageLost } of rows) {
    const { stored, duplicates, out_of_order: outOfOrder, missing, not_sent: tail } = verify;
    out.push([title, ...[kills, send.lines, stored, duplicates, outOfOrder, missing + tail, storageLost].map(whole)]);
  }
  return out.toString();
}

function readOptions(): Options {
  const whole = (text: string): number => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 up.');
    return value;
  };
  const chosen = (text: string): Scenario[] =>
    text.split(',').map((name) => {
      const found = SCENARIOS.find((scenario) => scenario.name === name.trim());
      if (!found) throw new InvalidArgumentError(`there is no ${name}.`);
      return found;
    });
  const names = SCENARIOS.map(({ name }) => name).join(', ');
  const command = new Command('faults')
    .description('Kills servers and storage with SIGKILL while a file is sent, and verifies the log.')
    .option('--events <n>', 'events of the file', whole, 1_000_000)
    .option('--seed <n>', 'of the events and of the moments of the kills', whole, 1)
    .addOption(new Option('--only <names>', `some of: ${names}`).argParser(chosen).default([...SCENARIOS], 'all'))
    .option('--out <file>', 'where the JSON goes (default: loadtest/reports/faults-<time>.json)');
  return command.parse().opts<Options>();
}
