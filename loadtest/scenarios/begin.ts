/** Loads and their moments as promises; and a contender that is Gapless. */
import { CommandError } from '../../cli/errors.ts';
import type { Running, StartOptions } from '../contenders/contender.ts';
import type { PlanForRun, RunningLoad, ScenarioContext } from './scenario.ts';

export interface Begun extends RunningLoad {
  /** Load has begun; the measured time begins; it ends. They reject where the load does. */
  loaded: Promise<void>;
  measuring: Promise<void>;
  measured: Promise<void>;
}

export function begin(context: ScenarioContext, plan: PlanForRun): Begun {
  const [loaded, measuring, measured] = [moment(), moment(), moment()];
  const load = context.load(plan, { loaded: loaded.reach, measuring: measuring.reach, measured: measured.reach });
  const orFail = async ({ reached }: Moment): Promise<void> => {
    await Promise.race([reached, load.report]);
  };
  const moments = { loaded: orFail(loaded), measuring: orFail(measuring), measured: orFail(measured) };
  // Whoever waits hears of it; nobody may be waiting yet.
  for (const one of Object.values(moments)) one.catch(() => undefined);
  return {
    ...moments,
    report: load.report,
    phase: (name) => load.phase(name),
    stop: () => load.stop(),
    go: () => load.go(),
  };
}

interface Moment {
  reached: Promise<void>;
  reach(): void;
}

function moment(): Moment {
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  return { reached, reach: () => reach() };
}

/** A Gapless server that was started here. */
export interface RunningGapless extends Running {
  readonly server: { readonly pid: number };
}

export async function startGapless(context: ScenarioContext, options: StartOptions = {}): Promise<RunningGapless> {
  const running = await context.start(options);
  const { server } = running;
  if (running.wire !== 'gapless' || !server) {
    throw new CommandError('this scenario looks into the server: it takes --target embedded or --target redis');
  }
  return { ...running, server };
}
