/**
 * The rate that a server keeps up for a minute while its features and recommendations follow: clients send as fast as they may, and the
 * server holds them back by how far its processor is behind (`GAPLESS_LAG_LIMIT`). Both roles run, as they do by default. The straightforward stack, which does
 * neither features nor recommendations, runs beside it in every repetition, for a shorter time.
 */
import type { Contender, Running } from '../../contenders/contender.ts';
import { embedded, redis } from '../../contenders/gapless.ts';
import { straightforward } from '../../contenders/straightforward.ts';
import type { Step, StepContext } from '../figures.ts';
import { invalid, measure } from '../measure.ts';

const LAG_LIMIT = 20_000;
/** The limit, what was granted before, and what comes until somebody looks. */
const LAG_MOST = 60_000;
/** Room for about as many events as the limit: more would be under way before anybody knows that the processor is behind. */
const BUDGET = '3MiB';
const SUSTAINED_MS = 60_000;
const STRAIGHTFORWARD_MS = 20_000;
const WARM_UP_MS = 5_000;
const LOOK_MS = 500;

export const SUSTAINED: readonly Step[] = [
  step(straightforward, async (context) => {
    const run = await saturate(straightforward, context, STRAIGHTFORWARD_MS);
    return { figures: { 'sustained/straightforward': run.eventsPerSecond }, problems: invalid(run) };
  }),
  ...[embedded, redis].map((contender) =>
    step(contender, async (context) => {
      const lag = new LagWatch(contender);
      const run = await saturate(lag.watched, context, SUSTAINED_MS);
      const problems = invalid(run);
      if (lag.most > LAG_MOST) problems.push(`the processor was ${lag.most} events behind`);
      if (lag.looks === 0) problems.push('nobody saw how far the processor was behind');
      const figures = { [`sustained/${contender.name}`]: run.eventsPerSecond };
      return { figures: { ...figures, [`sustained/${contender.name}-lag`]: lag.most }, problems };
    }),
  ),
];

function step({ name, title }: Contender, run: Step['run']): Step {
  return { part: 'sustained', who: name, title: `sustained, ${title}`, short: false, missing: () => null, run };
}

function saturate(contender: Contender, { events, connections }: StepContext, measureMs: number) {
  const loop = { kind: 'closed', inFlight: 250 } as const;
  const load = { connections, eventsPerFrame: 50, events, loop, warmUpMs: WARM_UP_MS, measureMs, drainMs: 60_000 };
  return measure(contender, load, {
    env: { GAPLESS_LAG_LIMIT: String(LAG_LIMIT), GAPLESS_CREDIT_BUDGET_BYTES: BUDGET },
  });
}

/** Looks again and again how far the processor of whatever the contender starts is behind. */
class LagWatch {
  readonly watched: Contender;
  most = 0;
  looks = 0;

  constructor(contender: Contender) {
    this.watched = {
      ...contender,
      start: async (options) => {
        const running = await contender.start(options);
        const timer = setInterval(() => void this.look(running), LOOK_MS);
        const stop = async (): Promise<void> => {
          clearInterval(timer);
          await running.stop();
        };
        return { ...running, stop };
      },
    };
  }

  private async look(running: Running): Promise<void> {
    const metrics = await running.metrics().catch(() => null);
    if (!metrics) return;
    const behind = Object.values(metrics.family('gapless_processor_lag_events'));
    this.most = Math.max(
      this.most,
      behind.reduce((sum, one) => sum + one, 0),
    );
    this.looks++;
  }
}
