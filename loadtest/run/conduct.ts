/** Conducts a scenario from start to record. */
import { describeMachine } from '../harness/machine.ts';
import { RECORD_FORMAT, type RunRecord } from '../report/record.ts';
import type { CommonOptions, Outcome, Scenario } from '../scenarios/scenario.ts';
import { Bounds, type BoundsOptions, DEFAULT_BOUNDS } from './bounds.ts';
import { Run, type RunOptions } from './run.ts';

export interface ConductOptions extends RunOptions {
  bounds?: BoundsOptions;
  /** Called when the run exists, for progress. */
  onRun?(run: Run): void;
}

const NOTHING_FOUND: Outcome = { phases: [], findings: [] };

export async function conduct<Options extends CommonOptions>(
  scenario: Scenario<Options>,
  options: Options,
  { bounds: limits = DEFAULT_BOUNDS, onRun, ...runOptions }: ConductOptions,
): Promise<RunRecord> {
  const machine = describeMachine();
  const { contender } = runOptions;
  const bounds = new Bounds(limits, () => run.timeline);
  const signal = AbortSignal.any([runOptions.signal, bounds.signal]);
  const run = new Run({ ...runOptions, signal });
  onRun?.(run);
  try {
    const outcome = await bounds.within(scenario.run(run, options)).catch((error): Outcome => {
      if (!signal.aborted) throw error;
      return NOTHING_FOUND;
    });
    const seconds = Math.round(run.timeline.now);
    const verdict = await run.verify();
    if (signal.aborted) run.invalid.push(bounds.reason ?? `it was ended by hand after ${seconds} s`);
    return {
      format: RECORD_FORMAT,
      scenario: scenario.name,
      title: `${contender.title}: ${scenario.about}`,
      machine,
      contender: contender.name,
      options: Object.fromEntries(Object.entries(options)),
      env: run.env,
      ...(outcome.unit !== undefined && { unit: outcome.unit }),
      phases: outcome.phases,
      series: run.timeline.series(),
      findings: outcome.findings,
      verdict,
      faults: [...run.faults, ...(outcome.faults ?? [])],
      invalid: [...run.invalid, ...(outcome.invalid ?? [])],
    };
  } finally {
    bounds.release();
    await run.stop();
  }
}
