/** `GET /metrics` for Prometheus. Where a token is set, whoever asks from another machine must show it. */
import type { Metrics } from '../../ops/metrics.ts';
import { type Authenticator, bearerToken } from '../authenticator.ts';
import type { Route } from '../routing.ts';
import { exposition } from '../schemas/operations.ts';
import { refuseToken } from './publish.ts';

export interface MetricsRouteParts {
  metrics: Pick<Metrics, 'text' | 'contentType'>;
  authenticator: Authenticator;
}

export function metricsRoute({ metrics, authenticator }: MetricsRouteParts): Route {
  return {
    method: 'GET',
    path: '/metrics',
    operation: {
      tag: 'operations',
      summary: 'What the server counts, for Prometheus',
      description: 'From this machine no token is asked for.',
      secured: true,
      answers: { 200: { about: 'docs/OPERATIONS.md lists every metric.', content: { 'text/plain': exposition } } },
    },
    admit(request) {
      if (request.loopback) return null;
      const verified = authenticator.verify(bearerToken(request.headers.get('authorization')));
      return verified.ok ? null : refuseToken(verified);
    },
    handle: async () => ({
      status: 200,
      headers: { 'content-type': metrics.contentType },
      body: await metrics.text(),
    }),
  };
}
