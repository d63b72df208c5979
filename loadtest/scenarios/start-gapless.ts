/** A contender that is Gapless, for scenarios that look into the server. */
import { CommandError } from '../../cli/errors.ts';
import type { Running, StartOptions } from '../contenders/contender.ts';
import type { ScenarioContext } from './scenario.ts';

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
