/** Entry of the index thread. */
import { openBus, openLogReader } from '../../engines.ts';
import { createLogger } from '../../ops/logger.ts';
import { serveThread, threadSettings } from '../../threads/thread.ts';
import type { IndexSettings, IndexThread } from './port.ts';
import { openCatalogue, openIndex } from './service.ts';

const settings = threadSettings<IndexSettings>();
const logger = createLogger({ level: settings.logLevel });
const bus = await openBus(settings.engine, (error) => logger.warn({ err: error }, 'the live bus has trouble'));
const log = await openLogReader(settings.engine, bus);
const catalogue = openCatalogue(settings.catalogue, logger);
const { snapshots } = settings;
const service = await openIndex({
  ...{ log, bus, logger },
  ...(snapshots !== undefined && { snapshots }),
  ...(catalogue !== undefined && { catalogue }),
});

const thread = serveThread<Record<string, never>, IndexThread>({
  predict: (queries) => service.predict(queries),
  describe: (tenant, tracks) => service.describe(tenant, tracks),
  figures: () => service.figures(),
  async stop() {
    await service.stop();
    await log.close();
    await bus.close();
  },
});
await thread.remote.ready();
