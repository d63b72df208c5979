/** `/health` for people, `/health/live` and `/health/ready` for whoever starts, stops and balances servers. */
import type { z } from 'zod';
import type { Durability } from '../../../protocol/frames.ts';
import type { HttpReply } from '../http.ts';
import type { Operation } from '../openapi/operation.ts';
import type { Route } from '../routing.ts';
import * as schemas from '../schemas/operations.ts';

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

const OF_ALL = operation('How the server is', schemas.health, 'It takes events.', 'It does not, for now.');
const LIVE = operation('Whether to leave it running', schemas.live, 'Yes.', 'No: it has failed.');
const READY = operation('Whether to send clients to it', schemas.ready, 'Yes.', 'Not now.');

function operation(summary: string, schema: z.ZodType, yes: string, no: string): Operation {
  const content = { 'application/json': schema };
  return {
    tag: 'operations',
    summary,
    secured: false,
    answers: { 200: { about: yes, content }, 503: { about: no, content } },
  };
}

export function healthRoutes(health: () => Health): Route[] {
  const ready = () => health().state === 'ready';
  return [
    { method: 'GET', path: '/health', operation: OF_ALL, handle: () => json(ready() ? 200 : 503, health()) },
    // Restarting helps only where the process itself has failed; a storage that is away does not count.
    {
      method: 'GET',
      path: '/health/live',
      operation: LIVE,
      handle: () => (health().state === 'failed' ? json(503, { live: false }) : json(200, { live: true })),
    },
    {
      method: 'GET',
      path: '/health/ready',
      operation: READY,
      handle: () => json(ready() ? 200 : 503, { ready: ready() }),
    },
  ];
}

function json(status: number, value: object): HttpReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
