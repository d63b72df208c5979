/**
 * The HTTP stack that one would write today: Fastify, zod, and one XADD for each event through ioredis with autopipelining.
 * `POST /v1/events` takes `application/x-ndjson`, one event a line, or a JSON array, and answers `{"accepted": n, "rejected": [...]}` when
 * Redis has answered for all of its events. Bad events do not fail their neighbours, as at Gapless.
 *
 * Tuned as its parts' documentation says, then frozen: what Gapless is compared with must not move.
 * - Fastify: no logger; a content type parser with `parseAs`, which collects the body for it; a response schema, from which it compiles the
 *   serializer; no hooks, no plugins; connections are kept open (its default of 72 s).
 * - A line is stored as it came: nothing is encoded twice.
 * - The compiled schema that Gapless itself uses (zod); autopipelining and no ready check (ioredis); Redis with `appendfsync everysec`.
 * - A larger young generation (`harness/node-server.ts`).
 *
 * A process of its own: `node peers/fastify.js PORT REDIS_PORT`. Says `ready` on standard output.
 */
import { fastify } from 'fastify';
import { Redis } from 'ioredis';
import { type Problem, validateEvent } from '../../protocol/events.ts';

const STREAM = 'events';
const MAX_BODY_BYTES = 1024 * 1024;

const [port, redisPort] = process.argv.slice(2, 4).map(Number);
const redis = new Redis({
  host: '127.0.0.1',
  port: redisPort!,
  enableAutoPipelining: true,
  enableReadyCheck: false,
  noDelay: true,
});
redis.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});

interface Rejection extends Problem {
  index: number;
}

const NOT_JSON: Problem = { code: 'invalid_field', path: '', message: 'not JSON' };
const text = { type: 'string' } as const;
const integer = { type: 'integer' } as const;
const rejection = { type: 'object', properties: { index: integer, code: text, path: text, message: text } } as const;
const settled = {
  type: 'object',
  properties: { accepted: integer, rejected: { type: 'array', items: rejection } },
} as const;
const refused = { type: 'object', properties: { error: text } } as const;

const app = fastify({ logger: false, bodyLimit: MAX_BODY_BYTES });

app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_, body, done) => done(null, body));

app.post('/v1/events', { schema: { response: { 200: settled, 400: refused } } }, async ({ body }, reply) => {
  if (typeof body === 'string') return storeLines(body.split('\n'));
  if (Array.isArray(body)) return storeList(body);
  return reply.code(400).send({ error: 'send a list of events, or one event a line' });
});

async function storeLines(lines: readonly string[]) {
  const storing: Promise<unknown>[] = [];
  const rejected: Rejection[] = [];
  let index = 0;
  for (const line of lines) {
    if (line === '') continue;
    const flaw = judgeLine(line);
    if (flaw) rejected.push({ index, ...flaw });
    else storing.push(redis.xadd(STREAM, '*', 'event', line));
    index++;
  }
  await Promise.all(storing);
  return { accepted: storing.length, rejected };
}

function judgeLine(line: string): Problem | null {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return NOT_JSON;
  }
  return judge(event);
}

async function storeList(events: readonly unknown[]) {
  const storing: Promise<unknown>[] = [];
  const rejected: Rejection[] = [];
  for (const [index, event] of events.entries()) {
    const flaw = judge(event);
    if (flaw) rejected.push({ index, ...flaw });
    else storing.push(redis.xadd(STREAM, '*', 'event', JSON.stringify(event)));
  }
  await Promise.all(storing);
  return { accepted: storing.length, rejected };
}

function judge(event: unknown): Problem | null {
  const result = validateEvent(event);
  return result.ok ? null : { code: result.code, path: result.path, message: result.message };
}

await app.listen({ host: '127.0.0.1', port: port! });
console.log('ready');
