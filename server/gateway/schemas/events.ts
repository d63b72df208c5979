/** Bodies and answers of the routes that events come in by. What an event is stands in `protocol/events`. */
import { z } from 'zod';
import { EVENT_CODES } from '../../../protocol/codes.ts';
import { eventSchema } from '../../../protocol/events.ts';
import { MAX_EVENTS } from '../batch/fields.ts';
import { time } from './common.ts';

const producer = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .optional()
  .describe('With `first`: the events are numbered from there on, and a repeat is known by its numbers.');
const number = z.int().min(0);

/** Beside the events; names that are not read are ignored. */
const fields = {
  producer,
  epoch: number.min(1).optional(),
  first: number.min(1).optional(),
  done: number.optional(),
  clock: time.optional().describe('The client’s time at sending.'),
};

export const event = eventSchema.meta({
  id: 'Event',
  description: 'What the context of a request gives may be left out.',
});

const context = z.looseObject({}).optional().describe('Fields that the events lack; at most 1,024 bytes.');
const events = z.array(event.nullable()).min(1).max(MAX_EVENTS).describe('null gives a number up.');

export const batchBody = z.looseObject({ events, context, ...fields }).meta({ id: 'EventBatch' });

export const beaconBody = z
  .string()
  .describe('An EventBatch as JSON text, with the token inside as `token`; at most 64 KiB.');

export const linesBody = z.string().describe('One event a line. The fields of an EventBatch stand in the query.');
export const linesQuery = z.object({
  producer,
  epoch: fields.epoch,
  first: fields.first,
  done: fields.done,
  clock: fields.clock,
});

export const packedBody = z.unknown().describe('An EventBatch as MessagePack.');

export const settled = z
  .strictObject({
    accepted: z.int().min(0).describe('Stored by this request.'),
    duplicates: z.int().min(0).describe('Stored before.'),
    rejected: z.array(
      z.strictObject({ index: z.int().min(0), code: z.enum(EVENT_CODES), path: z.string(), message: z.string() }),
    ),
    done: z.int().min(0).optional().describe('With a producer: everything up to this number is settled.'),
  })
  .meta({ id: 'Settled' });

export const feedbackBody = z
  .union([event, z.array(event).min(1).max(MAX_EVENTS), batchBody])
  .describe('One event, a list, or an EventBatch.');
