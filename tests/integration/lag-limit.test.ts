/** `GAPLESS_LAG_LIMIT`: ingest waits for a processor that is too far behind, goes on when it is not, and nobody is forgotten meanwhile. */
import { afterEach, expect, it } from 'vitest';
import { runCli, temporaryFolder } from '../helpers/cli.ts';
import { freePort, until } from '../helpers/redis-server.ts';
import { ServerProcess } from '../helpers/server-process.ts';

const EVENTS = 2_000;
const folder = temporaryFolder();
let server: ServerProcess;
afterEach(async () => {
  await server.kill();
  folder.remove();
});

it('clients that send as fast as they may wait for the processor, and all of it is stored and folded', async () => {
  server = new ServerProcess(await freePort(), {
    GAPLESS_DATA_DIR: folder.in('data'),
    // A few events that are not folded yet make everybody wait.
    GAPLESS_LAG_LIMIT: '20',
    GAPLESS_CREDIT_BUDGET_BYTES: '1MiB',
  });
  await server.start();
  const load = ['--rate', 'max', '--events', String(EVENTS), '--connections', '4', '--timeout', '60s'];
  const { code, stdout, stderr } = await runCli(['simulate', ...load, '--json', '--url', server.url]);
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ acknowledged: EVENTS, unsettled: 0 });
  const partitions = Array.from(
    { length: 8 },
    (_, partition) => `gapless_processor_lag_events{partition="${partition}"}`,
  );
  await until(async () => (await Promise.all(partitions.map((one) => server.metric(one)))).every((lag) => lag === 0));
});
