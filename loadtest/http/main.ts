/** autocannon in a process of its own: the plan comes as JSON in the first argument, everything else over IPC. */
import type { FromGenerator, ToGenerator } from '../generator/plan.ts';
import type { HttpPlan } from './plan.ts';
import { runHttp } from './run.ts';

const plan = JSON.parse(process.argv[2]!) as HttpPlan;
const stop = new AbortController();
process.on('message', (message: ToGenerator) => {
  if (message.kind === 'stop') stop.abort();
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));

const tell = (message: FromGenerator): void => void process.send!(message);
const report = await runHttp(plan, tell, stop.signal);
process.send!({ kind: 'report', report } satisfies FromGenerator, () => process.exit(0));
