/** Errors over HTTP, as `server/gateway/problem.ts` makes them. */
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../problem.ts';

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

export const problemSchema = z
  .looseObject({
    title: z.string(),
    status: z.int(),
    code: z.enum(codes).describe('Stable; docs/HTTP.md says when each is used.'),
    detail: z.string().optional().describe('For people; never repeats what was sent.'),
    parameter: z.string().optional().describe('With `invalid_parameter`: which one.'),
    path: z.string().optional().describe('With `invalid_body`: where in the body.'),
  })
  .meta({ id: 'Problem' });

export const retryAfter = z
  .string()
  .regex(/^\d+$/)
  .optional()
  .describe('Seconds after which to repeat the same request.');
