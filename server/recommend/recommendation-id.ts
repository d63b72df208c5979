/**
 * The id of a served list: `<model>.<slot>.<16 characters>`. The characters are 96 random bits, so that nobody guesses another's; model
 * and slot say where the list is remembered, so that an event that names it is attributed without a search. Nothing personal is in it.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { MODELS, type ModelName } from './port.ts';

/** The user's last lists that are remembered; a new one takes the slot of the oldest. */
export const LIST_SLOTS = 32;
/**
 * Further slots, drawn at random, for lists that a gateway made on its own and that cannot know which slot is next. Those that nobody
 * can ask for again have slots to themselves, so that they never make one be forgotten that somebody can.
 */
const ANONYMOUS_SLOTS = 8;
const REQUESTED_SLOTS = 24;
const SLOTS = LIST_SLOTS + ANONYMOUS_SLOTS + REQUESTED_SLOTS;

const PATTERN = /^([a-z_]+)\.(\d{1,2})\.[A-Za-z0-9_-]{16}$/;
const KNOWN: ReadonlySet<string> = new Set(MODELS);

export function makeRecommendationId(model: ModelName, slot: number): string {
  return `${model}.${slot}.${randomCharacters()}`;
}

/** For a list that a gateway made on its own; requested: for a request with an id. */
export function degradedSlot(requested: boolean): number {
  return requested
    ? LIST_SLOTS + ANONYMOUS_SLOTS + randomInt(REQUESTED_SLOTS)
    : LIST_SLOTS + randomInt(ANONYMOUS_SLOTS);
}

const RANDOM_BYTES = 12;
/** Drawn for many ids at once, which costs hardly more than for one. */
let drawn = Buffer.alloc(0);
let used = 0;

function randomCharacters(): string {
  if (used >= drawn.length) {
    drawn = randomBytes(RANDOM_BYTES * 128);
    used = 0;
  }
  used += RANDOM_BYTES;
  return drawn.toString('base64url', used - RANDOM_BYTES, used);
}

/** null for what is none; clients write such ids too, so one that has the form need not exist. */
export function parseRecommendationId(id: unknown): { model: ModelName; slot: number } | null {
  const match = typeof id === 'string' ? PATTERN.exec(id) : null;
  if (!match) return null;
  const [, model, slot] = match;
  if (!KNOWN.has(model!) || Number(slot) >= SLOTS) return null;
  return { model: model as ModelName, slot: Number(slot) };
}
