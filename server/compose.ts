/** Puts the server together. */
import { randomBytes } from 'node:crypto';
import { CreditBudget } from '../protocol/credit/budget.ts';
import type { Durability } from '../protocol/frames.ts';
import { FRAME_OVERHEAD_BYTES, type FrameLimits } from '../protocol/limits.ts';
import { loadCatalogue } from '../workers/catalogue.ts';
import type { WorkerSettings } from '../workers/settings.ts';
import { openTrackList } from './catalogue/track-list.ts';
import type { Config } from './config.ts';
import { neededFrom } from './consumer/needed.ts';
import { openDownstream } from './downstream.ts';
import { engineOf, engineSettings } from './engines.ts';
import { createAuthenticator } from './gateway/authenticator.ts';
import { createGateway } from './gateway/gateway.ts';
import { socketBytes } from './gateway/message-bytes.ts';
import { pageRoutes } from './gateway/routes/pages.ts';
import { sdkRoutes } from './gateway/routes/sdk.ts';
import type { Transport } from './gateway/transport.ts';
import { DisposablePool } from './ingest/disposable-pool.ts';
import { createHttpPublisher } from './ingest/http-publisher.ts';
import { Ingest } from './ingest/ingest.ts';
import { CLAIM_MS, createInternalPublisher } from './ingest/internal-publisher.ts';
import { createPoisonKeeper } from './ingest/poison-keeper.ts';
import { WorkerPool } from './ingest/pool.ts';
import type { Lifecycle } from './lifecycle.ts';
import { AnnouncedLog } from './log/announced.ts';
import { LogKeeper } from './log/keeper.ts';
import type { Logger } from './ops/logger.ts';
import { createMetrics } from './ops/metrics.ts';
import { takeFigures } from './ops/server-figures.ts';
import { ClusterLag } from './processor/cluster-lag.ts';
import { FeedsLink } from './session/feeds-link.ts';
import { PressureMonitor } from './session/pressure-monitor.ts';
import { Sessions } from './session/sessions.ts';
import { VERSION } from './version.ts';

/** How long a request over HTTP waits for its verdicts. */
const HTTP_TIMEOUT_MS = 15_000;
/** How long an event of the server's own waits for its verdict. */
const INTERNAL_TIMEOUT_MS = 5_000;
const FIGURES_MS = 1_000;

export interface Assembly {
  transport: Transport;
  /** What a person wants to know at the start. */
  engine: string;
  durability(): Durability;
  /** Settles what was taken and lets go of everything, in order. */
  close(): Promise<void>;
}

/** Opens what the configuration names. Throws LogError, CatalogueError, and what keeps a worker from starting. */
export async function assemble(
  config: Config,
  logger: Logger,
  lifecycle: Lifecycle,
  onStop: (error: unknown) => void,
): Promise<Assembly> {
  const tracks = openTrackList(config.catalogue);
  const here = { catalogue: config.catalogue ? loadCatalogue(config.catalogue) : undefined };
  const metrics = createMetrics();
  const limits: FrameLimits = {
    maxFrameBytes: config.maxFrameBytes,
    maxFrameEvents: config.maxFrameEvents,
    maxEventBytes: config.maxEventBytes,
  };
  const settings = workerSettings(config, limits);
  const pool = new WorkerPool({ threads: config.workers, settings });
  const quarantine = new DisposablePool({ settings });
  // What was opened so far is closed again where the next part cannot be.
  const opened: { close(): Promise<void> }[] = [pool, quarantine];
  const also = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.unshift(part);
    return part;
  };
  const giveUp = async (error: unknown): Promise<never> => {
    for (const part of opened) await part.close();
    throw error;
  };
  // Threads take a while to start: all of them do so at once, and meanwhile the log is opened.
  const poolReady = pool.start();
  poolReady.catch(() => {});
  const engine = await engineOf(config).catch(giveUp);
  const remember = {
    rememberProducersMs: config.producerMemoryMs,
    dedupMs: Math.max(config.dedupWindowMs, CLAIM_MS),
  };
  const stored = also(await engine.openLog({ config, ...remember, logger, onStop }).catch(giveUp));
  const engines = engineSettings(config, randomBytes(9).toString('base64url'));
  const onBusTrouble = (error: unknown) => logger.warn({ err: error }, 'the live bus has trouble');
  const bus = also(await engine.openBus(engines, onBusTrouble).catch(giveUp));
  const groups = also(await engine.openGroupDirectory(engines).catch(giveUp));
  const log = new AnnouncedLog(stored, bus);
  const ingest = new Ingest({ log, pool, quarantine, settings, here, metrics, logger });
  const budget = new CreditBudget({
    capacity: config.creditBudgetBytes,
    socketBytes: socketBytes(config.maxFrameBytes),
    largestEvent: config.maxEventBytes + FRAME_OVERHEAD_BYTES,
  });
  const authenticator = createAuthenticator({ token: config.token });
  const durability = () => log.durability();
  const link = new FeedsLink();
  const downstream = also(
    await openDownstream({
      ...{ config, engines, bus, link, logger },
      owner: {
        store: createInternalPublisher({ ingest, timeoutMs: INTERNAL_TIMEOUT_MS }),
        poison: createPoisonKeeper({ ingest, deadLetters: config.dlqHandling }),
      },
    }).catch(giveUp),
  );
  await poolReady.catch(giveUp);
  const sessions = new Sessions({
    feeds: link,
    ingest,
    budget,
    limits,
    authenticator,
    metrics,
    logger,
    durability,
    dedupMs: config.dedupWindowMs,
    maxAgeMs: config.eventMaxAgeMs,
    lifetimeMs: config.connectionLifetimeMs,
    bus: log.guarantees.multiProcess ? bus : null,
    process: engines.process,
  });
  const storageCeiling = config.storageLatencyCeilingMs / 1000;
  const clusterLag = config.lagLimit > 0 ? new ClusterLag(bus, engines.process) : null;
  const monitor = new PressureMonitor({
    ingest,
    sessions,
    budget,
    metrics,
    residentLimit: config.rssLimitBytes,
    storageCeiling,
    lag: () => {
      const own = downstream.processor();
      return clusterLag?.lag(own && { partitions: own.figures.partitions, at: own.at }) ?? 0;
    },
    lagLimit: config.lagLimit,
  });
  const needed = async () => neededFrom(await groups.groups(), config.partitions, config.groupRetentionMs, Date.now());
  const keeper = new LogKeeper(log, config, metrics, logger, needed);
  const credit = () => {
    const granted = sessions.grantedBytes();
    return { granted, outstanding: budget.outstanding - granted, budget: budget.ceiling };
  };
  metrics.attach({
    inFlight: () => ({ events: ingest.eventsInFlight, bytes: budget.outstanding - sessions.grantedBytes() }),
    credit,
    pool: () => ({ queued: pool.queued, busy: pool.busy, workers: pool.threads }),
    connections: () => sessions.count(),
    processor: () => downstream.processor()?.figures ?? null,
  });
  const publish = createHttpPublisher({ ingest, budget, lanes: pool.threads, timeoutMs: HTTP_TIMEOUT_MS });
  const started = performance.now();
  const isGateway = config.roles.includes('gateway');
  const transport = createGateway({
    // A process without the role only tells how it is.
    config: isGateway ? config : { ...config, maxConnections: 0 },
    authenticator,
    accept: (socket) => sessions.accept(socket),
    publish,
    ...(isGateway && { answers: downstream.answers, tracks }),
    health: () => ({
      state: lifecycle.state,
      version: VERSION,
      engine: log.guarantees.engine,
      durability: durability(),
      pressure: monitor.latest,
      connections: transport.connections,
      uptimeSeconds: Math.round((performance.now() - started) / 1000),
    }),
    logger,
    metrics,
    routes: isGateway ? [...pageRoutes(), ...sdkRoutes()] : [],
  });

  const figures = setInterval(tellFigures, FIGURES_MS);
  let toldAt = performance.now();
  function tellFigures(): void {
    const now = performance.now();
    downstream.tell(
      takeFigures(
        {
          server: engines.process,
          engine: log.guarantees.engine,
          metrics,
          durability,
          pressure: () => monitor.latest,
          credit,
          connections: () => sessions.count(),
          oldestAppend: () => ingest.oldestAppend(),
          processor: () => downstream.processor(),
        },
        Date.now(),
        (now - toldAt) / 1000,
      ),
    );
    toldAt = now;
  }

  async function close(): Promise<void> {
    clearInterval(figures);
    transport.stopListening();
    await sessions.drain();
    await transport.close();
    sessions.close();
    monitor.close();
    clusterLag?.close();
    await downstream.close();
    await ingest.close();
    await keeper.close();
    await groups.close();
    await log.close();
    await bus.close();
    metrics.close();
  }
  return { transport, engine: log.guarantees.engine, durability, close };
}

function workerSettings(config: Config, limits: FrameLimits): WorkerSettings {
  return {
    partitions: config.partitions,
    maxAgeMs: config.eventMaxAgeMs,
    limits,
    enrichment: config.eventEnrichment,
    feedbackEvents: config.feedbackEvents,
    deadLetters: config.dlqHandling,
    clientIds: config.dedupWindowMs > 0,
    ...(config.catalogue !== undefined && { cataloguePath: config.catalogue }),
  };
}
