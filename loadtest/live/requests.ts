/** One GET for each listener in turn, at a fixed rate with autocannon; their events come in at the same time. */
import autocannon from 'autocannon';
import { Latencies } from '../generator/percentiles.ts';

const CONNECTIONS = 20;

export interface RequestsReport {
  latency: Latencies;
  /** As autocannon has it: counts what a request waited because one before it was slow. */
  corrected: { p50: number; p97_5: number; p99: number };
  perSecond: number;
  answers: Record<string, number>;
  degraded: number;
}

export async function measureRequests(
  url: string,
  paths: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<RequestsReport> {
  const latency = new Latencies();
  const answers: Record<string, number> = {};
  let degraded = 0;
  const run = autocannon({
    url,
    connections: CONNECTIONS,
    overallRate: perSecond,
    duration: seconds,
    requests: paths.map((path) => ({
      path,
      onResponse: (_: number, body: string) => {
        if (body.includes('"degraded":true')) degraded++;
      },
    })),
  });
  run.on('response', (_, status: number, _bytes: number, ms: number) => {
    latency.record(ms);
    answers[status] = (answers[status] ?? 0) + 1;
  });
  const result = await run;
  const { p50, p97_5, p99 } = result.latency;
  return { latency, corrected: { p50, p97_5, p99 }, perSecond: result.requests.average, answers, degraded };
}
