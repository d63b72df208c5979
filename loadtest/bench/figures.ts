/** What is measured once in every repetition: steps that give figures, which rows are made of. */
import type { EventPlan } from '../generator/plan.ts';
import type { Measurement } from './measure.ts';
import type { Part } from './options.ts';

/** Numbers by name, like `redis/50`; the step says which ones it gives. */
export type Figures = Record<string, number>;

export interface StepContext {
  events: EventPlan;
  short: boolean;
  connections: number;
}

export interface StepResult {
  figures: Figures;
  /** Why the figures do not count. They are left out, so that rows lack this repetition. */
  problems: string[];
  /** Where the time went, for the steps that look. */
  measurement?: Measurement;
}

export interface Step {
  part: Part;
  /** The contender's name, or the limit's: what `--who` chooses by. */
  who: string;
  /** For progress. */
  title: string;
  /** Runs in `--short` as well. */
  short: boolean;
  /** Why it cannot run here; null if it can. */
  missing(): string | null;
  run(context: StepContext): Promise<StepResult>;
}

/** One pass over all steps: ratios are made within it. */
export interface Repetition {
  figures: Figures;
  problems: string[];
}
