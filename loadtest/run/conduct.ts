/** Conducts a scenario from start to record. */
import { describeMachine } from '../harness/machine.ts';
import { RECORD_FORMAT, type RunRecord } from '../report/record.ts';
import type { CommonOptions, Outcome, Scenario } from '../scenarios/scenario.ts';
import { Run, type RunOptions } from './run.ts';

export interface Conducted {
  /** Called when the run exists, for progress. */
  onRun?(run: Run): void;
}

export async function conduct<Options extends CommonOptions>(
  scenario: Scenario<Options>,
  options: Options,
  runOptions: RunOptions,
  { onRun }: Conducted = {},
): Promise<RunRecord> {
  const machine = describeMachine();
  const { contender, signal } = runOptions;
  const run = new Run(runOptions);
  onRun?.(run);
  try {
    const outcome = await scenario.run(run, options).catch((error): Outcome => {
      if (!signal.aborted) throw error;
      return { phases: [], findings: [] };
    });
    const verdict = await run.verify();
    if (signal.aborted) run.invalid.push(`it was ended after ${Math.round(run.timeline.now)} s`);
    return {
      format: RECORD_FORMAT,
      scenario: scenario.name,
      title: `${scenario.name} on ${contender.title}: ${scenario.about}`,
      machine,
      contender: contender.name,
      options: Object.fromEntries(Object.entries(options)),
      env: run.env,
      phases: outcome.phases,
      series: run.timeline.series(),
      findings: outcome.findings,
      verdict,
      faults: [...run.faults, ...(outcome.faults ?? [])],
      invalid: [...run.invalid, ...(outcome.invalid ?? [])],
    };
  } finally {
    await run.stop();
  }
}
