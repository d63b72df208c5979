/** `npm run bench`: starts everything it needs, measures side by side, verifies, prints, and writes the figures as JSON. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EventPlan } from '../generator/plan.ts';
import { describeMachine, type Machine } from '../harness/machine.ts';
import { whyNoRedis } from '../redis-server.ts';
import type { Repetition } from './figures.ts';
import { type MemoryResult, measureMemory } from './memory.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { repeat } from './repeat.ts';
import { judge, ROWS, type RowResult } from './rows.ts';
import { HTTP } from './steps/http.ts';
import { LATENCY } from './steps/latency.ts';
import { LIMITS } from './steps/limits.ts';
import { SUSTAINED } from './steps/sustained.ts';
import { FRAMES, THROUGHPUT } from './steps/throughput.ts';
import { VISIBLE } from './steps/visible.ts';
import { figuresTable, memoryTable, rowsTable, timeTable } from './tables.ts';

const DAY_MS = 86_400_000;
const BUDGET_BYTES = 64 * 1024 * 1024;
const STEPS = [...LIMITS, ...THROUGHPUT, ...HTTP, ...LATENCY, ...SUSTAINED, ...VISIBLE];

interface Result {
  machine: Machine;
  options: BenchOptions;
  repetitions: Repetition[];
  memory: MemoryResult[];
}

const options = readOptions(process.argv.slice(2));
const tell = (text: string): void => void process.stderr.write(`  ${text}\n`);
const result = options.join ? await join(options.join) : await measureAll();
const problems = print(result);
for (const problem of problems) console.log(`DOES NOT COUNT: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);

async function measureAll(): Promise<Result> {
  const reason = whyNoRedis();
  if (reason !== null) {
    console.error(reason);
    process.exit(1);
  }
  const machine = describeMachine();
  if (machine.load > 0.5)
    tell(`the load average is ${machine.load.toFixed(2)}: others are at work, figures will be low`);
  const events: EventPlan = { seed: options.seed, perConnection: 500, startMs: Date.now() - 30 * DAY_MS };
  const wanted = STEPS.filter(
    ({ part, who, short }) =>
      options.parts.includes(part) && (short || !options.short) && (options.who?.includes(who) ?? true),
  );
  const names = new Set(STEPS.map(({ who }) => who));
  const unknown = options.who?.find((name) => !names.has(name));
  if (unknown !== undefined) {
    console.error(`${unknown} is not known; known are ${[...names].join(', ')}`);
    process.exit(1);
  }
  const steps = wanted.filter((step) => {
    const missing = step.missing();
    if (missing !== null) console.error(`Left out: ${step.title}: ${missing}`);
    return missing === null;
  });
  // Memory is that of the engine whose storage can be stopped.
  const withMemory = options.parts.includes('memory') && (options.who?.includes('redis') ?? true);
  if (steps.length === 0 && !withMemory) {
    console.error('nothing of that can be measured here: see the parts and their contenders in --help');
    process.exit(1);
  }
  const times = steps.length > 0 ? options.repetitions : 0;
  const { repetitions, measurements } = await repeat(steps, times, { ...options, events }, tell);
  if (measurements.size > 0) console.log(timeTable(measurements));
  const result: Result = { machine, options, repetitions, memory: [] };
  const file = options.out ?? path.join('loadtest/reports', `bench-${machine.time.replaceAll(':', '-')}.json`);
  await mkdir(path.dirname(file), { recursive: true });
  const write = () =>
    writeFile(file, `${JSON.stringify({ ...result, measurements: Object.fromEntries(measurements) }, null, 2)}\n`);
  // What took an hour is kept, whatever becomes of the rest.
  await write();
  if (withMemory) {
    await addMemory(result, events).catch((error: Error) =>
      repetitions.push({ figures: {}, problems: [`memory: ${error.message}`] }),
    );
    await write();
  }
  console.log(`Written to ${file}`);
  return result;
}

async function addMemory({ memory }: Result, events: EventPlan): Promise<void> {
  for (const eventsPerFrame of FRAMES) memory.push(await measureMemory({ events, eventsPerFrame }, BUDGET_BYTES));
}

/** One result of several. The machine is the first one's, its commit all of theirs. */
async function join(files: readonly string[]): Promise<Result> {
  const all = await Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Result));
  const commits = [...new Set(all.map(({ machine }) => machine.commit))];
  if (commits.length > 1) tell(`these are of different commits: ${commits.join(', ')}`);
  const { machine, options } = all[0]!;
  return {
    machine: { ...machine, commit: commits.join(', ') },
    options,
    repetitions: all.flatMap(({ repetitions }) => repetitions),
    memory: all.flatMap(({ memory }) => memory),
  };
}

/** Answers what does not count, and why. */
function print({ machine, repetitions, memory }: Result): string[] {
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Redis ${machine.redis}, commit ${machine.commit}`,
  );
  console.log('Generator, server and storage share these cores. Each run is verified against its log.');
  if (repetitions.length > 0) console.log(figuresTable(repetitions));
  const rows = ROWS.map((row) => judge(row, repetitions)).filter((row): row is RowResult => row !== null);
  if (rows.length > 0) console.log(rowsTable(rows));
  if (memory.length > 0) console.log(memoryTable(memory));
  const lost = memory.filter(({ verdict }) => !verdict.ok);
  return [
    ...repetitions.flatMap((repetition) => repetition.problems),
    ...lost.map(({ verdict }) => `memory: ${verdict.examples.join('; ')}`),
  ];
}
