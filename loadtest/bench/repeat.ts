/** Runs the steps again and again, in another order each time, so that nobody always comes first on a cold or last on a full machine. */
import type { Figures, Repetition, Step, StepContext } from './figures.ts';
import type { Measurement } from './measure.ts';

export interface Repeated {
  repetitions: Repetition[];
  /** Of the steps that look where the time goes, by the step's title. */
  measurements: Map<string, Measurement[]>;
}

export async function repeat(
  steps: readonly Step[],
  times: number,
  context: StepContext,
  tell: (text: string) => void,
): Promise<Repeated> {
  const repetitions: Repetition[] = [];
  const measurements: Repeated['measurements'] = new Map();
  for (let repetition = 0; repetition < times; repetition++) {
    const figures: Figures = {};
    const problems: string[] = [];
    for (const step of rotated(steps, repetition)) {
      const result = await step.run(context).catch((error: Error) => ({
        figures: {},
        problems: [error.message],
        measurement: undefined,
      }));
      const why = result.problems.map((problem) => `${step.title}: ${problem}`);
      problems.push(...why);
      if (why.length === 0) Object.assign(figures, result.figures);
      const { measurement } = result;
      if (measurement && why.length === 0)
        measurements.set(step.title, [...(measurements.get(step.title) ?? []), measurement]);
      const [first] = Object.values(result.figures);
      const outcome = first === undefined ? 'nothing' : Math.round(first * 100) / 100;
      tell(
        `${repetition + 1}/${times}  ${step.title}: ${outcome.toLocaleString('en')}${why[0] ? `  DOES NOT COUNT` : ''}`,
      );
    }
    repetitions.push({ figures, problems });
  }
  return { repetitions, measurements };
}

/** The same round, begun `by` steps of a third later. */
export function rotated<T>(items: readonly T[], by: number): T[] {
  const shift = items.length === 0 ? 0 : (by * Math.ceil(items.length / 3)) % items.length;
  return [...items.slice(shift), ...items.slice(0, shift)];
}
