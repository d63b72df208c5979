/** The door of this room: the transport with its routes, made from the configuration. */
import { SERVER_SILENCE_MS } from '../../protocol/limits.ts';
import type { TrackList } from '../catalogue/track-list.ts';
import type { Config } from '../config.ts';
import type { PublishOverHttp } from '../ingest/request.ts';
import type { Logger } from '../ops/logger.ts';
import type { Metrics } from '../ops/metrics.ts';
import { VERSION } from '../version.ts';
import type { Authenticator } from './authenticator.ts';
import type { DescribedView } from './feature-views.ts';
import { createOriginCheck, type OriginCheck } from './origins.ts';
import { beaconRoute } from './routes/beacon.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { eventsRoute } from './routes/events.ts';
import { featureRoutes, type Lookup } from './routes/features.ts';
import { feedbackRoutes } from './routes/feedback.ts';
import { type Health, healthRoutes } from './routes/health.ts';
import { metricsRoute } from './routes/metrics.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { type Recommend, recommendationRoutes } from './routes/recommendations.ts';
import { streamRoute } from './routes/stream.ts';
import type { Route } from './routing.ts';
import type { AcceptSocket } from './socket.ts';
import { createTransport, type Transport } from './transport.ts';

export interface GatewayParts {
  config: Pick<
    Config,
    | 'host'
    | 'port'
    | 'allowedOrigins'
    | 'maxFrameBytes'
    | 'sendBufferBytes'
    | 'maxConnections'
    | 'connectionLifetimeMs'
    | 'upgradesPerSecond'
    | 'httpBodyBytes'
  >;
  authenticator: Authenticator;
  /** Who gets the WebSockets. */
  accept: AcceptSocket;
  publish: PublishOverHttp;
  /** Who answers what comes out of the log; a process without the role `gateway` has no such routes. */
  answers?: { recommend: Recommend; lookup: Lookup; views: readonly DescribedView[] };
  tracks?: TrackList;
  health(): Health;
  logger: Logger;
  metrics: Metrics;
  /** Further routes, for example of the dashboard. */
  routes?: readonly Route[];
}

/** Requests in memory at the same time: this many of the largest size. */
const LARGEST_BODIES = 16;
const BODY_TIMEOUT_MS = 30_000;
const CLOSE_TIMEOUT_MS = 10_000;

export function createGateway(parts: GatewayParts): Transport {
  const { config, logger, metrics } = parts;
  return createTransport({
    ...config,
    silenceMs: SERVER_SILENCE_MS,
    bodyBudgetBytes: config.httpBodyBytes * LARGEST_BODIES,
    bodyTimeoutMs: BODY_TIMEOUT_MS,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    accept: parts.accept,
    originAllowed: originCheck(parts),
    routes: gatewayRoutes(parts),
    logger,
    metrics,
  });
}

/** Every route but the stream's, which the transport has itself. */
export function gatewayRoutes(parts: GatewayParts): Route[] {
  const { config, authenticator, publish, answers, tracks, logger, metrics } = parts;
  const bodyLimit = config.httpBodyBytes;
  const routes = [
    eventsRoute({ publish, authenticator, bodyLimit }),
    beaconRoute({ publish, authenticator }),
    ...feedbackRoutes({ publish, authenticator, bodyLimit }),
    ...(answers ? recommendationRoutes({ ...answers, authenticator, logger }) : []),
    ...(answers ? featureRoutes({ ...answers, authenticator, logger }) : []),
    ...(tracks ? catalogueRoutes({ tracks, authenticator }) : []),
    ...healthRoutes(parts.health),
    metricsRoute({ metrics, authenticator }),
    ...(parts.routes ?? []),
  ];
  return [...routes, ...openApiRoutes([...routes, streamRoute(originCheck(parts))], VERSION)];
}

function originCheck({ config, authenticator }: GatewayParts): OriginCheck {
  return createOriginCheck(config.allowedOrigins, authenticator.needsToken);
}
