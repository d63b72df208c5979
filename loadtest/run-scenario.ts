/** Runs a scenario as often as was asked for, with progress, and writes its reports. */
import path from 'node:path';
import { CommandError } from '../cli/errors.ts';
import { onInterrupt } from '../cli/interrupt.ts';
import { note, printJson } from '../cli/output.ts';
import { Progress } from '../cli/progress.ts';
import { shieldFromTerminal } from './harness/terminal.ts';
import { contenderOf, type Flags } from './options.ts';
import { exitCodeOf } from './report/exit-code.ts';
import { writeReport } from './report/files.ts';
import type { RunRecord } from './report/record.ts';
import { summaryOf } from './report/summary.ts';
import { conduct } from './run/conduct.ts';
import { describeProgress } from './run/progress.ts';
import type { Run } from './run/run.ts';
import type { Scenario } from './scenarios/scenario.ts';

const REPORTS = 'loadtest/reports';

export async function runScenario(scenario: Scenario, flags: Flags & { atMost: number }): Promise<void> {
  const { repetitions, out, html, svg, json } = flags;
  const contender = contenderOf(flags);
  const missing = contender.missing?.() ?? null;
  if (missing !== null) throw new CommandError(missing);
  shieldFromTerminal();
  const interruption = onInterrupt(() =>
    note('Ending: what was sent is drained and verified. Once more ends it at once.'),
  );
  const time = new Date().toISOString().replaceAll(':', '-');
  const stem = (out ?? path.join(REPORTS, `${scenario.name}-${contender.name}-${time}.json`)).replace(/\.json$/, '');
  const codes: number[] = [];
  try {
    for (let i = 1; i <= repetitions && !interruption.signal.aborted; i++) {
      const record = await once(scenario, flags, interruption.signal);
      const file = repetitions === 1 ? `${stem}.json` : path.join(stem, `${i}.json`);
      const files = await writeReport(record, file, { html, svg });
      codes.push(exitCodeOf(record));
      if (json) printJson(record);
      else console.log(`${summaryOf(record)}\nWritten to ${files.join('\n           ')}`);
    }
  } finally {
    interruption.release();
  }
  process.exitCode = codes.includes(1) ? 1 : Math.max(...codes);
}

async function once(scenario: Scenario, flags: Flags & { atMost: number }, signal: AbortSignal): Promise<RunRecord> {
  // Options of the scenario stay: what is left is what the load was.
  const { env = {}, generators, repetitions, url, token, dataDir, redisUrl, redisPrefix, ...rest } = flags;
  const { atMost, mostEvents, out, html, svg, json, ...options } = rest;
  let run: Run | null = null;
  const progress = new Progress(() => describeProgress(scenario.name, run));
  try {
    return await conduct(scenario, options, {
      contender: contenderOf(flags),
      env,
      processes: generators,
      signal,
      tell: (text) => progress.note(text),
      bounds: { mostMs: atMost, mostEvents },
      onRun: (started) => {
        run = started;
      },
    });
  } finally {
    progress.stop();
  }
}
