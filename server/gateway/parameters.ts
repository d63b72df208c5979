/**
 * Reads what stands in a path and its query by a schema: what is a number there is read as one, a list is a parameter given several times
 * (in a path: parts separated by commas). A name that the schema does not have, or a single value given twice, is refused: a typing
 * error must not silently be a default.
 */
import { z } from 'zod';
import { showMessage, showPath } from '../../protocol/events.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import { problem } from './problem.ts';
import { decodeSegment, type Params } from './routing.ts';

export type Parameters<P extends z.ZodObject, Q extends z.ZodObject> =
  | { ok: true; path: z.infer<P>; query: z.infer<Q> }
  | { ok: false; reply: HttpReply };

type Kind = 'text' | 'number' | 'list';

export interface ParameterReader<P extends z.ZodObject, Q extends z.ZodObject> {
  read(request: Pick<HttpRequest, 'query'>, params: Params): Parameters<P, Q>;
}

/** Compiles the schemas, once for each route. */
export function parameterReader<P extends z.ZodObject, Q extends z.ZodObject>(
  path: P,
  query: Q,
): ParameterReader<P, Q> {
  const pathKinds = kindsOf(path);
  const queryKinds = kindsOf(query);
  const pathSchema = z.compile(path, { strict: true });
  const querySchema = z.compile(query, { strict: true });
  return {
    read({ query: text }, params) {
      const inPath = readPath(params, pathKinds);
      if ('refused' in inPath) return inPath.refused;
      const inQuery = readQuery(text, queryKinds);
      if ('refused' in inQuery) return inQuery.refused;
      const path = pathSchema.safeParse(inPath.values);
      if (!path.success) return fromIssue(path.error.issues[0]!, inPath.values);
      const query = querySchema.safeParse(inQuery.values);
      if (!query.success) return fromIssue(query.error.issues[0]!, inQuery.values);
      return { ok: true, path: path.data as z.infer<P>, query: query.data as z.infer<Q> };
    },
  };
}

type Values = Record<string, unknown>;
type Read = { values: Values } | { refused: { ok: false; reply: HttpReply } };

function readPath(params: Params, kinds: ReadonlyMap<string, Kind>): Read {
  const values: Values = {};
  for (const name in params) {
    const list = kinds.get(name) === 'list';
    const parts = (list ? params[name]!.split(',') : [params[name]!]).map(decodeSegment);
    if (parts.includes(null)) return { refused: refusal(name, 'is not percent-encoded UTF-8') };
    values[name] = list ? parts : parts[0];
  }
  return { values };
}

function readQuery(text: string, kinds: ReadonlyMap<string, Kind>): Read {
  const values: Values = {};
  if (text === '') return { values };
  for (const [name, value] of new URLSearchParams(text)) {
    const kind = kinds.get(name);
    if (kind === undefined) return { refused: refusal(showPath([name]), 'no such parameter') };
    if (kind === 'list') values[name] = [...((values[name] as string[] | undefined) ?? []), value];
    else if (name in values) return { refused: refusal(name, 'comes twice') };
    else values[name] = kind === 'number' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  }
  return { values };
}

function fromIssue({ path, message }: z.core.$ZodIssue, values: Values): { ok: false; reply: HttpReply } {
  const [name = ''] = path;
  return refusal(showPath([name]), values[String(name)] === undefined ? 'is required' : message);
}

/** For routes that find out on their own that a parameter is not what it should be. */
export function invalidParameter(parameter: string, message: string): HttpReply {
  return problem('invalid_parameter', { detail: showMessage(message), members: { parameter } });
}

function refusal(parameter: string, message: string): { ok: false; reply: HttpReply } {
  return { ok: false, reply: invalidParameter(parameter, message) };
}

function kindsOf(schema: z.ZodObject): ReadonlyMap<string, Kind> {
  return new Map(Object.entries(schema.shape).map(([name, field]) => [name, kindOf(field as z.ZodType)]));
}

function kindOf(field: z.ZodType): Kind {
  if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return kindOf(field.unwrap() as z.ZodType);
  if (field instanceof z.ZodArray) return 'list';
  return field instanceof z.ZodNumber ? 'number' : 'text';
}
