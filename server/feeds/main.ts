/** The entry of the feeds' thread: opens the log and the features for reading, and serves subscriptions from them. */
import { type EngineSettings, engineOf, openLogReader } from '../engines.ts';
import { lookupFeatures, userValues } from '../features/lookup.ts';
import { type LogCalls, remoteLogger } from '../threads/logging.ts';
import { serveThread, threadSettings } from '../threads/thread.ts';
import { createFeeds } from './feeds.ts';
import type { FeedsOwner, FeedsThread } from './port.ts';

export interface FeedsSettings {
  engines: EngineSettings;
  /** See `FeedsParts`. */
  processing: boolean;
}

const { engines, processing } = threadSettings<FeedsSettings>();
let feeds: FeedsThread | null = null;
const running = (): FeedsThread => {
  if (!feeds) throw new Error('the feeds are not open yet');
  return feeds;
};

const { remote } = serveThread<FeedsOwner & LogCalls, FeedsThread>({
  open: (...args) => running().open(...args),
  subscribe: (...args) => running().subscribe(...args),
  flow: (...args) => running().flow(...args),
  unsubscribe: (...args) => running().unsubscribe(...args),
  authorise: (...args) => running().authorise(...args),
  taken: (...args) => running().taken(...args),
  close: (...args) => running().close(...args),
  stats: (...args) => running().stats(...args),
  lookup: (request) => running().lookup(request),
  stop,
});

const logger = remoteLogger((...line) => void remote.log.asEvent(...line), { thread: 'feeds' });
const engine = await engineOf(engines);
const bus = await engine.openBus(engines, (error) => logger.warn({ err: error }, 'the live bus has trouble'));
const log = await openLogReader(engines, bus);
const reader = await engine.openFeatureReader(engines);
const { partitions } = log;

feeds = createFeeds({
  log,
  bus,
  features: {
    userValues: (tenant, user) => userValues(reader, partitions, tenant, user, Date.now()),
    lookup: (request) => lookupFeatures(reader, partitions, request, Date.now()),
  },
  ...{ process: engines.process, processing },
  owner: {
    frames: (...args) => void remote.frames.asEvent(...args),
    violation: (...args) => void remote.violation.asEvent(...args),
    recommend: (request) => remote.recommend(request),
  },
  logger,
});
await remote.ready();

async function stop(): Promise<void> {
  await feeds?.stop();
  await Promise.all([reader.close(), log.close()]);
  await bus.close();
}
