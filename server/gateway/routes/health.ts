/** `/health` for people, `/health/live` and `/health/ready` for whoever starts, stops and balances servers. */
import type { Durability } from '../../../protocol/frames.ts';
import type { HttpReply } from '../http.ts';
import type { Route } from '../routing.ts';

export interface Health {
  /** `starting`, `ready`, `draining`, `stopped` or `failed`. */
  state: string;
  version: string;
  engine: string;
  /** What an acknowledgement means right now. */
  durability: Durability;
  /** 0 to 1, and the part that makes it. */
  pressure: { level: number; parts: Record<string, number> };
  connections: number;
  uptimeSeconds: number;
  /** What else the engine has to tell, for example that a warning holds. */
  warnings?: string[];
}

export function healthRoutes(health: () => Health): Route[] {
  const ready = () => health().state === 'ready';
  return [
    { method: 'GET', path: '/health', handle: () => json(ready() ? 200 : 503, health()) },
    // Restarting helps only where the process itself has failed; a storage that is away does not count.
    {
      method: 'GET',
      path: '/health/live',
      handle: () => (health().state === 'failed' ? json(503, { live: false }) : json(200, { live: true })),
    },
    { method: 'GET', path: '/health/ready', handle: () => json(ready() ? 200 : 503, { ready: ready() }) },
  ];
}

function json(status: number, value: object): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
