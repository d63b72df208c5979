/** Entry of the index thread. */
import { engineOf, openLogReader } from '../../engines.ts';
import { type LogCalls, remoteLogger } from '../../threads/logging.ts';
import { serveThread, threadSettings } from '../../threads/thread.ts';
import type { IndexSettings, IndexThread } from './port.ts';
import { openCatalogue, openIndex } from './service.ts';

const { engines, maxSessions, snapshots, catalogue: file } = threadSettings<IndexSettings>();
const { remote } = serveThread<LogCalls, IndexThread>({
  predict: (queries) => service.predict(queries),
  describe: (tenant, tracks) => service.describe(tenant, tracks),
  figures: () => service.figures(),
  async stop() {
    await service.stop();
    await log.close();
    await bus.close();
  },
});
const logger = remoteLogger((...line) => void remote.log.asEvent(...line), { thread: 'index' });

const engine = await engineOf(engines);
const bus = await engine.openBus(engines, (error) => logger.warn({ err: error }, 'the live bus has trouble'));
const log = await openLogReader(engines, bus);
const catalogue = openCatalogue(file, logger);
const service = await openIndex({
  ...{ log, bus, logger },
  ...(snapshots !== undefined && { snapshots }),
  ...(maxSessions !== undefined && { models: { maxSessions } }),
  ...(catalogue !== undefined && { catalogue }),
});
await remote.ready();
