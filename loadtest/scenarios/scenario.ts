/** What a scenario is: a name, options of its own, and a run that says what it found. Everything around it is the runner's. */
import type { Command } from 'commander';
import type { Running, StartOptions } from '../contenders/contender.ts';
import type { Latencies } from '../generator/percentiles.ts';
import type { LoadPlan, LoadReport, ShardSecond } from '../generator/plan.ts';
import type { Moment } from '../harness/load.ts';
import type { Sent } from '../harness/verify.ts';
import type { Finding, Phase } from '../report/record.ts';

/** Options that every scenario takes. */
export interface CommonOptions {
  /** Which contender is under load. */
  target: string;
  seconds: number;
  seed: number;
  /** Small and quick: for the test suite and for a first look. */
  short: boolean;
}

export interface Scenario<Options extends CommonOptions = CommonOptions> {
  name: string;
  /** One line, for `--help` and for the report's title. */
  about: string;
  /** What it does and finds, in a few lines for its help. */
  finds?: string;
  /** Options for the examples of its help. */
  examples?: readonly string[];
  /** Adds options of its own, with their defaults. `--seconds` may be given another default. */
  configure(command: Command): Command;
  run(context: ScenarioContext, options: Options): Promise<Outcome>;
}

/** What the runner gives a scenario. Whatever is started through it is stopped by the runner, however the scenario ends. */
export interface ScenarioContext {
  /** Progress, for people. */
  tell(text: string): void;
  /** Ends the run early: what is under way is still drained and verified. */
  signal: AbortSignal;
  /**
   * Starts the contender. From here on its figures are sampled once a second. Called again it takes the one before away, with what it stored,
   * after everything that was sent to it is verified.
   */
  start(options?: StartOptions): Promise<Running>;
  /** Runs a plan in generator processes and adds what they report, second by second, to the series. */
  load(plan: PlanForRun, events?: LoadHooks): RunningLoad;
  /** Seconds since the load began; it begins with the first call of this, or with the first `load`. */
  now(): number;
  /** For load that is not a `load`: adds to the second in which it is called. */
  add(figures: Figures): void;
  /** What was sent by something else than `load`; it is verified with the rest. */
  sent(sent: Sent): void;
}

/** A plan without what the contender knows best. */
export type PlanForRun = Omit<LoadPlan, 'wire' | 'url' | 'token' | 'producers'> & {
  /** Loads whose producers have the same name go on with their numbers; they need the same events. */
  producers?: string;
  /** Generator processes. */
  processes?: number;
  /** The scenario itself says what it means where the generator limited this load (`run/limited.ts`). */
  mayBeLimited?: boolean;
};

/** Of events, or of requests where the scenario sends those. */
export interface Figures {
  acknowledged?: number;
  offered?: number;
  latencies?: Latencies;
}

export interface LoadHooks {
  /** One generator process tells of one second. */
  second?(second: ShardSecond): void;
}

export interface RunningLoad {
  readonly report: Promise<LoadReport>;
  /** What it did in its measured time, with what that cost. */
  phase(name: string): Promise<Phase>;
  /** Resolves at that moment, or when the load has ended without it. Rejects where the load does. */
  reached(moment: Moment): Promise<void>;
  /** Ends it early; the report still comes. */
  stop(): void;
  /** Lets a burst begin. */
  go(): void;
}

/** What a scenario found; the runner adds machine, settings, series and verdict. */
export interface Outcome {
  /** What it counted, if not events. */
  unit?: string;
  phases: Phase[];
  findings: Finding[];
  /** Added to those of the loads. */
  faults?: string[];
  invalid?: string[];
}
