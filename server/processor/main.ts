/**
 * The entry of the processor's thread: folds what this process owns into features, and serves recommendations from them. The shared
 * index has a thread of its own, which this one starts.
 */
import { type EngineSettings, engineOf, openLogReader } from '../engines.ts';
import type { IndexFigures, IndexSettings, IndexThread } from '../recommend/index/port.ts';
import { Recommender } from '../recommend/owner/recommender.ts';
import { type LogCalls, logCalls, remoteLogger } from '../threads/logging.ts';
import { serveThread, Thread, threadSettings } from '../threads/thread.ts';
import { foldedEvents, PROJECTIONS } from './folding.ts';
import type { ProcessorOwner, ProcessorThread } from './port.ts';
import { createProcessor } from './processor.ts';
import { TopTracks } from './top-tracks.ts';

export interface ProcessorSettings {
  engines: EngineSettings;
  leaseTtlMs: number;
  /** See `ProcessorOptions`. */
  figuresMs?: number;
  index: Omit<IndexSettings, 'engines'>;
}

/** The group that processors are members of. */
const GROUP = 'processor';
/** A lease is renewed this often while it lasts. */
const RENEWALS = 3;
const INDEX_FIGURES_MS = 1_000;

const { engines, leaseTtlMs, figuresMs, index: indexSettings } = threadSettings<ProcessorSettings>();
const { remote } = serveThread<ProcessorOwner & LogCalls, ProcessorThread>({ stop });
const logger = remoteLogger((...line) => void remote.log.asEvent(...line), { thread: 'processor' });

// It takes as long to start as all the rest together.
const index = new Thread<IndexThread, LogCalls>({
  name: 'index',
  entry: 'server/recommend/index/main',
  settings: { ...indexSettings, engines } satisfies IndexSettings,
  functions: logCalls(logger),
  onDeath: (error) => logger.error({ err: error }, 'the index thread died, it is started anew'),
});
const indexReady = index.start();
indexReady.catch(() => {});

const engine = await engineOf(engines);
const bus = await engine.openBus(engines, (error) => logger.warn({ err: error }, 'the live bus has trouble'));
const log = await openLogReader(engines, bus);
const features = await engine.openFeatureStore(engines);
const groups = await engine.openGroups(engines, GROUP);
const { partitions } = log;

await indexReady;

let indexFigures: IndexFigures | undefined;
const indexTimer = setInterval(() => void lookAtIndex(), INDEX_FIGURES_MS);
async function lookAtIndex(): Promise<void> {
  try {
    indexFigures = await index.remote.figures();
  } catch {
    indexFigures = undefined;
  }
}

const topTracks = new TopTracks(bus);

const store: ProcessorOwner['store'] = (event) => remote.store(event);
const processor = createProcessor({
  ...{ log, features, groups, bus, partitions, logger },
  projections: PROJECTIONS,
  decode: foldedEvents,
  owner: {
    poison: (event) => remote.poison(event),
    figures: (...args) => void remote.figures.asEvent(...args),
  },
  member: engines.process,
  ...(figuresMs !== undefined && { figuresMs }),
  ttlMs: leaseTtlMs,
  renewMs: leaseTtlMs / RENEWALS,
  topTracks: () => topTracks.tracks,
  indexFigures: () => indexFigures ?? { state: 'loading', events: 0, sessions: 0, bytes: 0, lag: 0 },
});
const recommender = new Recommender({
  ...{ bus, partitions, store },
  users: processor.owned,
  index: () => index.remote,
  now: Date.now,
});
processor.start();
await remote.ready();

async function stop(): Promise<void> {
  clearInterval(indexTimer);
  recommender.close();
  await processor.stop();
  await index.stop();
  await Promise.all([groups.close(), features.close(), log.close()]);
  await bus.close();
}
