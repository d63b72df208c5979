/** Answers of the routes for whoever runs and watches the server. */
import { z } from 'zod';

export const health = z
  .looseObject({
    state: z.enum(['starting', 'ready', 'draining', 'stopped', 'failed']),
    version: z.string(),
    engine: z.string(),
    durability: z
      .string()
      .describe('What an acknowledgement means right now: `fsync`, `os`, `memory` or `replicas:N`.'),
    pressure: z.looseObject({ level: z.number().min(0).max(1), parts: z.record(z.string(), z.number()) }),
    connections: z.int().min(0),
    uptimeSeconds: z.number().min(0),
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'Health' });

export const live = z.strictObject({ live: z.boolean() });
export const ready = z.strictObject({ ready: z.boolean() });
export const exposition = z.string().describe('The Prometheus text format.');
export const openApi = z.looseObject({ openapi: z.string() }).describe('An OpenAPI 3.1 document.');
