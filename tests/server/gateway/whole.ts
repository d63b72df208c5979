/** A whole gateway on a free loopback port, over an ingest in this process. Who recommends and looks up is the test's own. */
import { onTestFinished } from 'vitest';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import { openTrackList } from '../../../server/catalogue/track-list.ts';
import { VIEWS } from '../../../server/features/registry.ts';
import type { FeatureRequest } from '../../../server/features/request.ts';
import type { Authenticator } from '../../../server/gateway/authenticator.ts';
import { createAuthenticator } from '../../../server/gateway/authenticator.ts';
import { createGateway, type GatewayParts, gatewayRoutes } from '../../../server/gateway/gateway.ts';
import type { Lookup } from '../../../server/gateway/routes/features.ts';
import type { Recommend } from '../../../server/gateway/routes/recommendations.ts';
import type { Route } from '../../../server/gateway/routing.ts';
import { createHttpPublisher } from '../../../server/ingest/http-publisher.ts';
import { silentLogger } from '../../../server/ops/logger.ts';
import type { RecommendationList, RecommendationRequest } from '../../../server/recommend/port.ts';
import { createWorld, type IngestWorld } from '../../helpers/ingest-world.ts';
import { testConfig } from '../../helpers/server.ts';

export interface Reply {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what came, whatever it is
  json: any;
}

export interface WholeGateway {
  url: string;
  port: number;
  world: IngestWorld;
  /** Every route but the stream's. */
  routes(): Route[];
  /** What was asked. */
  recommended: RecommendationRequest[];
  looked: FeatureRequest[];
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
}

export interface WholeOptions {
  env?: Record<string, string>;
  authenticator?: Authenticator;
  recommend?: Recommend;
  lookup?: Lookup;
  /** False: nobody answers what comes out of the log. */
  answers?: boolean;
}

export async function startWhole(options: WholeOptions = {}): Promise<WholeGateway> {
  const { env = {}, authenticator, recommend, lookup, answers = true } = options;
  const world = createWorld();
  const config = testConfig(env);
  const recommended: RecommendationRequest[] = [];
  const looked: FeatureRequest[] = [];
  const budget = new CreditBudget({ capacity: 1 << 24, socketBytes: 17_408, largestEvent: 8256 });
  const parts: GatewayParts = {
    config,
    authenticator: authenticator ?? createAuthenticator({ token: config.token }),
    accept: () => ({ message() {}, drained() {}, closed() {} }),
    publish: createHttpPublisher({ ingest: world.ingest, budget, lanes: 1, timeoutMs: 10_000 }),
    answers: answers
      ? {
          recommend(request) {
            recommended.push(request);
            return recommend?.(request) ?? Promise.resolve(listFor(request));
          },
          lookup(request) {
            looked.push(request);
            return lookup?.(request) ?? Promise.resolve(valuesFor(request));
          },
          views: VIEWS,
        }
      : undefined,
    tracks: openTrackList(undefined),
    health: () => ({
      ...{ state: 'ready', version: '0', engine: 'memory', durability: 'memory', connections: 0, uptimeSeconds: 1 },
      pressure: { level: 0, parts: {} },
    }),
    logger: silentLogger(),
    metrics: world.metrics,
  };
  const transport = createGateway(parts);
  const { port } = await transport.listen();
  onTestFinished(async () => {
    await transport.close();
    world.metrics.close();
  });
  const url = `http://127.0.0.1:${port}`;
  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
  };
  return {
    ...{ url, port, world, recommended, looked, routes: () => gatewayRoutes(parts) },
    get: (path, headers = {}, method = 'GET') => send(path, { method, headers }),
    // A string and bytes go as they are.
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      }),
  };
}

export function listFor({ userId, model, requestId, count, similarTo }: RecommendationRequest): RecommendationList {
  const tracks = Array.from({ length: count }, (_, i) => ({ track_id: `t-${i}`, score: 1 / (i + 1), artist: 'a' }));
  return {
    recommendation_id: 'blend.0.aaaaaaaaaaaaaaaa',
    ...(requestId !== undefined && { request_id: requestId }),
    ...{ user_id: userId, model, at: 1_790_000_000_000, tracks, confidence: similarTo === undefined ? 0.5 : 0.25 },
  };
}

/** Every status in turn; `*` is written out. */
function valuesFor({ features, rows, at = 1_790_000_000_000 }: FeatureRequest) {
  const written = features.flatMap((reference) => {
    const [name, feature] = reference.split(':');
    const view = VIEWS.find((one) => one.name === name)!;
    return feature === '*' ? view.features.map((one) => `${name}:${one.name}`) : [reference];
  });
  const values = [
    { status: 'present', value: 1.5, at },
    { status: 'present', value: [{ track: 't' }], at },
    { status: 'null', at },
    { status: 'not_found' },
    { status: 'outside_max_age', at },
  ] as const;
  return { features: written, at, rows: rows.map(() => written.map((_, i) => values[i % values.length]!)) };
}
