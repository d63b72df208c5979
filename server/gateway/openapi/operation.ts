/** What the OpenAPI document says of a route. The schemas are those that the route itself reads and answers with. */
import type { z } from 'zod';
import type { ProblemCode } from '../problem.ts';

export const TAGS = {
  recommendations: 'Lists for a listener, and what became of them.',
  features: 'What is known of listeners, tracks, artists and genres.',
  events: 'Into the log.',
  catalogue: 'What tracks are called.',
  operations: 'For whoever runs, watches and talks to the server.',
} as const;

/** By media type. */
export type Content = Readonly<Record<string, z.ZodType>>;

export interface Answer {
  about: string;
  /** Without it the answer has no body. */
  content?: Content;
}

export interface Operation {
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  /** Whether a token is asked for where the server has one. */
  secured: boolean;
  path?: z.ZodObject;
  query?: z.ZodObject;
  body?: Content;
  /** By status, errors excepted. */
  answers: Readonly<Record<number, Answer>>;
  /** Beside those that every route of its kind may have. */
  problems?: readonly ProblemCode[];
}
