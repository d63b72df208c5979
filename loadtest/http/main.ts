/** autocannon in a process of its own: the plan comes as JSON in the first argument, everything else over IPC. */
import type { FromHttp, HttpPlan, ToHttp } from './plan.ts';
import { runHttp } from './run.ts';

const plan = JSON.parse(process.argv[2]!) as HttpPlan;
const stop = new AbortController();
process.on('message', ({ kind }: ToHttp) => {
  if (kind === 'stop') stop.abort();
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(1));

const tell = (message: FromHttp): void => void process.send!(message);
const report = await runHttp(plan, tell, stop.signal);
process.send!({ kind: 'report', report } satisfies FromHttp, () => process.exit(0));
