/** `npm run bench`: starts everything it needs, measures side by side, verifies, prints, and writes the figures as JSON. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { embedded, redis } from '../contenders/gapless.ts';
import { handPipelined, straightforward } from '../contenders/straightforward.ts';
import type { EventPlan } from '../generator/plan.ts';
import { describeMachine } from '../harness/machine.ts';
import { whyNoRedis } from '../redis-server.ts';
import { type Latency, measureLatency } from './latency.ts';
import { type MemoryResult, measureMemory } from './memory.ts';
import { readOptions } from './options.ts';
import { latencyTable, memoryTable, throughputTable, timeTable } from './tables.ts';
import { FRAMES, measureThroughput, type Throughput } from './throughput.ts';

const DAY_MS = 86_400_000;
const BUDGET_BYTES = 64 * 1024 * 1024;
const TIMES = {
  short: { warmUpMs: 1_500, measureMs: 2_000 },
  full: { warmUpMs: 3_000, measureMs: 5_000 },
};

const options = readOptions(process.argv.slice(2));
const reason = whyNoRedis();
if (reason !== null) {
  console.error(reason);
  process.exit(1);
}
const tell = (text: string): void => void process.stderr.write(`  ${text}\n`);
const machine = describeMachine();
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, Redis ${machine.redis}, commit ${machine.commit}`,
);
console.log('Generator, server and storage share these cores. Each run is verified against its log.');
if (machine.load > 0.5) tell(`the load average is ${machine.load.toFixed(2)}: others are at work, figures will be low`);

const events: EventPlan = { seed: options.seed, perConnection: 500, startMs: Date.now() - 30 * DAY_MS };
let throughput: Throughput | undefined;
let latency: Latency | undefined;
const memory: MemoryResult[] = [];
const problems: string[] = [];

if (options.parts.includes('throughput')) {
  const times = options.short ? TIMES.short : TIMES.full;
  const peers = options.short ? [straightforward] : [straightforward, handPipelined];
  const contenders = [...peers, embedded, redis];
  throughput = await measureThroughput({ ...options, ...times, contenders, events }, tell);
  console.log(throughputTable(throughput));
  console.log(timeTable(throughput));
  problems.push(...throughput.cells.flatMap((cell) => cell.invalid));
}
if (options.parts.includes('latency')) {
  latency = await measureLatency(events, tell);
  console.log(latencyTable(latency));
  problems.push(...latency.rows.flatMap((row) => row.invalid));
}
if (options.parts.includes('memory')) {
  for (const eventsPerFrame of FRAMES) {
    const result = await measureMemory({ events, eventsPerFrame }, BUDGET_BYTES);
    memory.push(result);
    if (!result.verdict.ok) problems.push(`memory: ${result.verdict.examples.join('; ')}`);
  }
  console.log(memoryTable(memory));
}

const file = options.out ?? path.join('loadtest/reports', `bench-${machine.time.replaceAll(':', '-')}.json`);
await mkdir(path.dirname(file), { recursive: true });
await writeFile(file, `${JSON.stringify({ machine, options, throughput, latency, memory, problems }, null, 2)}\n`);
console.log(`Written to ${file}`);
for (const problem of problems) console.log(`DOES NOT COUNT: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
