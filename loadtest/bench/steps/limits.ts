/** What bounds Gapless here: validating alone, Redis alone. The echo of frames and the counting of lines are contenders of their parts. */
import { decodeAndValidate } from '../../limits/decode-validate.ts';
import { redisBenchmark, whyNoRedisBenchmark, XADDS } from '../../limits/redis-benchmark.ts';
import type { Step } from '../figures.ts';

const DECODE: Step = {
  part: 'throughput',
  who: 'decode-validate',
  title: 'decode + validate alone in one thread',
  short: true,
  missing: () => null,
  run: async ({ events, short }) => ({
    figures: { 'limits/decode-validate': await decodeAndValidate(events, short ? 800 : 3_000) },
    problems: [],
  }),
};

export const LIMITS: readonly Step[] = [
  DECODE,
  ...XADDS.map(
    (xadd): Step => ({
      part: 'throughput',
      who: 'redis-benchmark',
      title: `redis-benchmark, ${xadd.title}`,
      short: false,
      missing: whyNoRedisBenchmark,
      run: async ({ events }) => ({
        figures: { [`limits/xadd-${xadd.name}`]: await redisBenchmark(xadd, events) },
        problems: [],
      }),
    }),
  ),
];
