/** The generator as a process of its own: the plan comes as JSON in the first argument, everything else over IPC. */
import type { FromGenerator, LoadPlan, ToGenerator } from './plan.ts';
import { run } from './run.ts';

const plan = JSON.parse(process.argv[2]!) as LoadPlan;
const stop = new AbortController();
let begin = (_originMs: number): void => undefined;
const begun = new Promise<number>((resolve) => {
  begin = resolve;
});
let go = (): void => undefined;
const gone = new Promise<void>((resolve) => {
  go = resolve;
});
process.on('message', (message: ToGenerator) => {
  if (message.kind === 'begin') return begin(message.originMs);
  // Who waits to go must not wait any more when it is over.
  go();
  if (message.kind === 'stop') stop.abort();
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));

const tell = (message: FromGenerator): void => void process.send!(message);
const report = await run(plan, tell, { stop: stop.signal, begin: begun, go: gone });
process.send!({ kind: 'report', report } satisfies FromGenerator, () => process.exit(0));
