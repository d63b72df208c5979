/** Puts a contender under HTTP load and says what that cost it. */
import { CommandError } from '../../cli/errors.ts';
import type { CpuByPart, Running } from '../contenders/contender.ts';
import { whyUnsettled } from '../harness/unsettled.ts';
import { type HttpEvents, HttpLoad } from './load.ts';
import type { HttpPlan, HttpReport } from './plan.ts';

/** A plan without what the contender knows best. */
export type HttpPlanForRun = Omit<HttpPlan, 'dialect' | 'url' | 'token'>;

export interface HttpMeasurement {
  report: HttpReport;
  /** CPU microseconds of each part for one settled event, the generator's too. */
  cpuMicros: CpuByPart;
}

export interface RunningHttpLoad {
  measured: Promise<HttpMeasurement>;
  /** Ends it early; it is still drained. */
  stop(): void;
}

export function loadHttp(running: Running, plan: HttpPlanForRun, events: HttpEvents = {}): RunningHttpLoad {
  const { http, url, token } = running;
  if (!http) throw new CommandError('this target takes no events over HTTP');
  if (http === 'plain' && plan.format === 'msgpack') throw new CommandError('this target takes no MessagePack');
  const looks: CpuByPart[] = [];
  const look = (then: 'measuring' | 'measured') => () => {
    looks.push(running.cpu());
    events[then]?.();
  };
  const whole = { ...plan, dialect: http, url: url.replace(/^ws/, 'http'), token };
  const load = new HttpLoad(whole, { ...events, measuring: look('measuring'), measured: look('measured') });
  return {
    measured: load.report.then((report) => ({ report, cpuMicros: costs(report, looks) })),
    stop: () => load.stop(),
  };
}

function costs({ acknowledged, cpuSeconds }: HttpReport, [before, after]: CpuByPart[]): CpuByPart {
  const micros = (seconds: number) => (seconds * 1e6) / Math.max(1, acknowledged);
  const parts = Object.entries(after ?? {}).map(([part, spent]) => [part, micros(spent - (before?.[part] ?? 0))]);
  return { ...Object.fromEntries(parts), generator: micros(cpuSeconds) };
}

/** What keeps the load from counting: something that must not happen, or events that are not settled. */
export function httpFaults({ faults, tallies }: HttpReport): string[] {
  return [...faults, ...whyUnsettled(tallies)];
}
