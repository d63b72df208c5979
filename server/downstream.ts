/**
 * What comes out of the log, as the main thread has it: the threads of feeds and processor, requests for lists, and the figures of each
 * second. The main thread only passes messages on.
 */
import { join } from 'node:path';
import { encodeMessage } from './bus/message.ts';
import { TOPICS } from './bus/messages.ts';
import type { LiveBus } from './bus/port.ts';
import type { Config } from './config.ts';
import type { EngineSettings } from './engines.ts';
import { VIEWS } from './features/registry.ts';
import type { ServerFigures } from './feeds/figures.ts';
import { startFeeds } from './feeds/start.ts';
import type { GatewayParts } from './gateway/gateway.ts';
import type { Logger } from './ops/logger.ts';
import type { ProcessorSettings } from './processor/main.ts';
import type { ProcessorOwner } from './processor/port.ts';
import { type RunningProcessorThread, startProcessor } from './processor/start.ts';
import { Asker, LOCAL_TIMEOUT_MS } from './recommend/asker.ts';
import type { RecommendationRequest } from './recommend/port.ts';
import { UnavailableError } from './recommend/unavailable.ts';
import type { FeedsLink } from './session/feeds-link.ts';

/** Where ingest waits for the processor, it hears of it so often. */
const LAG_FIGURES_MS = 200;

export interface DownstreamParts {
  config: Config;
  engines: EngineSettings;
  bus: LiveBus;
  /** Connections subscribe through it. */
  link: FeedsLink;
  owner: Pick<ProcessorOwner, 'store' | 'poison'>;
  logger: Logger;
}

export interface Downstream {
  answers: GatewayParts['answers'];
  processor(): ReturnType<RunningProcessorThread['latest']>;
  /** This process's figures, once a second: to the feeds here and to the other processes. */
  tell(figures: ServerFigures): void;
  /** Nobody can ask any more; partitions are handed over. Storage must still take events. */
  close(): Promise<void>;
}

/** Rejects with what keeps a thread from starting. */
export async function openDownstream(parts: DownstreamParts): Promise<Downstream> {
  const { config, engines, bus, link, owner, logger } = parts;
  const isGateway = config.roles.includes('gateway');
  const isProcessor = config.roles.includes('processor') && config.realtimeProcessing;
  // On the embedded engine there is no other process that could.
  const processing = isProcessor || config.redisUrl !== undefined;
  const [feeds, processor] = await bothOrNone(
    isGateway ? startFeeds({ engines, processing }, link, logger) : null,
    isProcessor ? startProcessor(processorSettings(config, engines), owner, logger) : null,
  );
  const asker = new Asker({
    ...{ bus, process: engines.process, partitions: engines.partitions, store: owner.store },
    timeoutMs: isProcessor ? LOCAL_TIMEOUT_MS : config.recommendationWaitMs,
  });
  const recommend = async (request: RecommendationRequest) => {
    if (!processing) throw new UnavailableError('processing is turned off on this server');
    return asker.ask(request);
  };
  link.recommender = recommend;
  return {
    answers: {
      recommend,
      lookup: (request) => link.lookup(request),
      views: VIEWS,
    },
    processor: () => processor?.latest() ?? null,
    tell(figures) {
      if (feeds) link.stats(figures);
      else bus.publish(TOPICS.stats, encodeMessage(figures));
    },
    async close() {
      asker.close();
      await processor?.close();
      await feeds?.close();
    },
  };
}

/** Both at once. Where one cannot be had, the other is closed before the reason is thrown. */
async function bothOrNone<A extends Closable, B extends Closable>(
  first: Promise<A> | null,
  second: Promise<B> | null,
): Promise<[A | null, B | null]> {
  try {
    return await Promise.all([first, second]);
  } catch (error) {
    for (const started of await Promise.allSettled([first, second])) {
      if (started.status === 'fulfilled') await started.value?.close();
    }
    throw error;
  }
}

interface Closable {
  close(): Promise<void>;
}

function processorSettings(config: Config, engines: EngineSettings): ProcessorSettings {
  const { leaseTtlMs, catalogue, redisUrl, dataDir, lagLimit } = config;
  const snapshots = config.indexDir ?? (redisUrl === undefined ? join(dataDir, 'index') : undefined);
  return {
    engines,
    leaseTtlMs,
    ...(lagLimit > 0 && { figuresMs: LAG_FIGURES_MS }),
    index: {
      maxSessions: config.indexSessions,
      ...(snapshots !== undefined && { snapshots }),
      ...(catalogue !== undefined && { catalogue }),
    },
  };
}
