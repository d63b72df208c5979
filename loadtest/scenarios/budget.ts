/** Credit for many connections: the budget reserves a largest frame for each socket, beside the window that each publisher is given. */
import { DEFAULT_FRAME_LIMITS, WINDOW_START } from '../../protocol/limits.ts';
import { socketBytes } from '../../server/gateway/message-bytes.ts';

const MIB = 1024 * 1024;
/** What the server has where nothing is set. */
export const DEFAULT_BUDGET_BYTES = 64 * MIB;
/** Resident bytes for each byte of the budget, at most: what `docs/OPERATIONS.md` tells operators to plan. */
export const MEMORY_MULTIPLE = 10;

/** The setting for so many publishers, with the default budget left for their events. */
export function budgetFor(connections: number): Record<string, string> {
  const each = socketBytes(DEFAULT_FRAME_LIMITS.maxFrameBytes) + WINDOW_START.bytes;
  const bytes = Math.ceil((connections * each + DEFAULT_BUDGET_BYTES) / MIB) * MIB;
  return { GAPLESS_CREDIT_BUDGET_BYTES: String(bytes) };
}
