/** NDJSON over HTTP, closed loop, sent by autocannon. */
import { fastify } from '../../contenders/fastify.ts';
import { embedded, redis } from '../../contenders/gapless.ts';
import { whyHttpLimited } from '../../http/limited.ts';
import { httpFaults, loadHttp } from '../../http/target.ts';
import { count } from '../../limits/count.ts';
import { whyNotCounted } from '../../report/record.ts';
import type { Step } from '../figures.ts';
import { INGEST_ONLY } from './throughput.ts';

export const EVENTS_PER_REQUEST = 100;
/** Fastify gains nothing from more connections; Gapless does, because its commits take more together. */
const CONNECTIONS = 128;
const TIMES = { short: { warmUpMs: 1_000, measureMs: 1_500 }, full: { warmUpMs: 8_000, measureMs: 5_000 } };

export const HTTP: readonly Step[] = [fastify, embedded, redis, count].map((contender) => ({
  part: 'http',
  who: contender.name,
  title: `HTTP NDJSON, ${contender.title}`,
  short: !contender.isLimit,
  missing: () => contender.missing?.() ?? null,
  async run({ events, short }) {
    const running = await contender.start(INGEST_ONLY[contender.name]);
    try {
      const plan = { format: 'ndjson', sizes: 'fixed', pace: { kind: 'closed' }, producers: 'http' } as const;
      const times = short ? TIMES.short : TIMES.full;
      const size = { connections: CONNECTIONS, eventsPerRequest: EVENTS_PER_REQUEST };
      const { report } = await loadHttp(running, { ...plan, ...times, ...size, events, drainMs: 20_000 }).measured;
      const limited = contender.isLimit ? [] : whyHttpLimited(plan, report);
      const verdict = await running.verify([{ events, tallies: report.tallies }]);
      return {
        figures: { [`http/${contender.name}`]: report.acknowledged / report.seconds },
        problems: whyNotCounted({ invalid: [...httpFaults(report), ...limited], verdict }),
      };
    } finally {
      await running.stop();
    }
  },
}));
