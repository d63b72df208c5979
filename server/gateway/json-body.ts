/** Reads a JSON body by a schema. What could be made to cost time is refused before the schema sees it. */
import { z } from 'zod';
import { showMessage, showPath } from '../../protocol/events.ts';
import type { HttpReply } from './http.ts';
import { problem } from './problem.ts';

export type JsonBody<T> = { ok: true; value: T } | { ok: false; reply: HttpReply };

export interface JsonBodyOptions<B extends z.ZodType> {
  schema: B;
  /** Values at any level; a schema looks at every one before it counts them. */
  maxValues: number;
}

// A byte order mark stays in the text, where JSON.parse refuses it.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MAX_DEPTH = 8;

/** Compiles the schema, once for each route. */
export function jsonBodyReader<B extends z.ZodType>({
  schema,
  maxValues,
}: JsonBodyOptions<B>): (body: Uint8Array) => JsonBody<z.infer<B>> {
  const compiled = z.compile(schema, { strict: true });
  return (body) => {
    const parsed = parseJson(body);
    if (!parsed.ok) return parsed;
    const { value } = parsed;
    if (countValues(value, MAX_DEPTH, maxValues) < 0) return invalid('', 'too large or nested too deep');
    const result = compiled.safeParse(value);
    if (result.success) return { ok: true, value: result.data as z.infer<B> };
    return fromIssue(result.error.issues[0]!);
  };
}

export function parseJson(body: Uint8Array): JsonBody<unknown> {
  try {
    return { ok: true, value: JSON.parse(decoder.decode(body)) };
  } catch {
    return invalid('', 'not JSON in UTF-8');
  }
}

/** How many more values than these there may be; negative if there are too many already, or one lies too deep. */
function countValues(value: unknown, depth: number, left: number): number {
  if (typeof value !== 'object' || value === null) return left - 1;
  if (depth === 0) return -1;
  let rest = left - 1;
  for (const key in value) {
    rest = countValues((value as Record<string, unknown>)[key], depth - 1, rest);
    if (rest < 0) return rest;
  }
  return rest;
}

function fromIssue(issue: z.core.$ZodIssue): { ok: false; reply: HttpReply } {
  if (issue.code === 'unrecognized_keys') return invalid(showPath([...issue.path, issue.keys[0]!]), 'no such field');
  return invalid(showPath(issue.path), issue.message);
}

/** `path` as `showPath` makes it. */
export function invalid(path: string, message: string): { ok: false; reply: HttpReply } {
  const detail = showMessage(path === '' ? `The body: ${message}.` : `${path}: ${message}.`);
  return { ok: false, reply: problem('invalid_body', { detail, members: { path } }) };
}
