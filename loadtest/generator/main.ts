/** The generator as a process of its own: the plan comes as JSON in the first argument, everything else over IPC. */
import type { FromGenerator, LoadPlan, ToGenerator } from './plan.ts';
import { run } from './run.ts';

const plan = JSON.parse(process.argv[2]!) as LoadPlan;
const stop = new AbortController();
let begin = (): void => undefined;
const go = new Promise<void>((resolve) => {
  begin = resolve;
});
process.on('message', (message: ToGenerator) => {
  if (message.kind === 'stop') stop.abort();
  else begin();
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));

const tell = (message: FromGenerator): void => void process.send!(message);
const report = await run(plan, tell, { stop: stop.signal, go });
process.send!({ kind: 'report', report } satisfies FromGenerator, () => process.exit(0));
