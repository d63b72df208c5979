/**
 * What many aggregates cost that are in no cache: memory of each, and encoding, decoding and folding one after the other, once over all.
 *
 *   npm run build && node --expose-gc dist/loadtest/micro/aggregates.js [number] [plays of each]
 */
import { foldAggregate } from '../../server/features/aggregate.ts';
import { aggregateCodec } from '../../server/features/aggregate-codec.ts';
import { metricNumber } from '../../server/features/metrics.ts';
import { Random } from '../listeners/random.ts';

const [number = 20_000, plays = 20] = process.argv.slice(2).map(Number);
const NOW = 1_790_000_000_000;
/** Between two plays at most. */
const APART_MS = 3_000_000;
const COUNTED = (['plays', 'skips', 'listens', 'completions'] as const).map(metricNumber);
const SECONDS = metricNumber('seconds');
const random = new Random(1, 0xa99);

if (!gc) throw new Error('start node with --expose-gc');

function fold(aggregate: ReturnType<typeof aggregateCodec.create>, at: number, play: number): void {
  const amounts = [
    { metric: COUNTED[play % COUNTED.length]!, parts: 1 },
    { metric: SECONDS, parts: 1_000 },
  ];
  foldAggregate(aggregate, { tenant: 't', user: 'u', group: 'g', at, signal: null, device: 'web', amounts });
}

/** Microseconds for each of all. */
function took<T, R>(all: readonly T[], work: (one: T, i: number) => R): { us: number; results: R[] } {
  const began = performance.now();
  const results = all.map(work);
  return { us: ((performance.now() - began) * 1000) / all.length, results };
}

gc();
const before = process.memoryUsage();
const aggregates = Array.from({ length: number }, (_, i) => {
  const aggregate = aggregateCodec.create();
  for (let play = 0, at = NOW + i * 1_000; play < plays; play++) {
    at += Math.floor(random.next() * APART_MS);
    fold(aggregate, at, play);
  }
  return aggregate;
});
gc();
const after = process.memoryUsage();
const kept = after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
const encoded = took(aggregates, (one) => Uint8Array.from(aggregateCodec.encode(one)));
const decoded = took(encoded.results, (bytes) => aggregateCodec.decode(bytes));
const folded = took(aggregates, (one, i) => fold(one, one.lastAt + 1_000, i));
const bytes = encoded.results.reduce((sum, { length }) => sum + length, 0);
console.log(`${number} aggregates of ${plays} plays: ${(kept / number / 1024).toFixed(2)} KiB each in memory`);
console.log(
  `  encoded ${Math.round(bytes / number)} B, ${encoded.us.toFixed(1)} us; decoded ${decoded.us.toFixed(1)} us`,
);
console.log(`  one more play folded ${folded.us.toFixed(1)} us`);
