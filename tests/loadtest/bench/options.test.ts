/** What `npm run bench` takes, as the command line says it. */
import path from 'node:path';
import { expect, it } from 'vitest';
import { Child } from '../../../loadtest/harness/child.ts';

it.each([
  [['--short', '--parts', 'latency'], '--short has parts of its own'],
  [['--parts', 'latency,typo'], 'typo is none of throughput, http'],
  [['--repetitions', '0'], 'give a whole number from 1 up'],
  [['--who', 'nobody'], 'nobody is not known; known are'],
  [['--parts', 'memory', '--who', 'embedded'], 'nothing of that can be measured'],
])('%j is refused before anything is started', async (args, says) => {
  const bench = Child.node([path.resolve('dist/loadtest/bench/main.js'), ...args]);
  expect(await bench.end()).toBe(1);
  expect(bench.tail).toContain(says);
});
