/** `GET /metrics` for Prometheus. Where a token is set, whoever asks from another machine must show it. */
import type { Metrics } from '../../ops/metrics.ts';
import { type Authenticator, bearerToken } from '../authenticator.ts';
import type { Route } from '../routing.ts';
import { refuseToken } from './publish.ts';

export interface MetricsRouteParts {
  metrics: Pick<Metrics, 'text' | 'contentType'>;
  authenticator: Authenticator;
}

export function metricsRoute({ metrics, authenticator }: MetricsRouteParts): Route {
  return {
    method: 'GET',
    path: '/metrics',
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
