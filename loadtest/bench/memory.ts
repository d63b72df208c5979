/**
 * What the credit budget is in real memory. Clients are given the largest windows there are, then storage is stopped (SIGSTOP) and all of
 * them fill what they were granted; the server's memory above its idle state is set against the bytes that are not settled and against the budget.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Running } from '../contenders/contender.ts';
import { redis } from '../contenders/gapless.ts';
import type { LoadPlan } from '../generator/plan.ts';
import { Load } from '../harness/load.ts';
import { residentBytes } from '../harness/proc.ts';
import type { Verdict } from '../harness/verify.ts';

export interface MemoryResult {
  eventsPerFrame: number;
  budgetBytes: number;
  /** Wire bytes that were taken and not settled while storage stood still. */
  unsettledBytes: number;
  idleBytes: number;
  /** The most that was resident while storage stood still. */
  filledBytes: number;
  /** Memory above idle, for each byte of the budget and for each unsettled byte. */
  perBudgetByte: number;
  perUnsettledByte: number;
  verdict: Verdict;
}

const STALL_MS = 6_000;
const LOOK_MS = 100;
/** So many full windows, with what is kept for their sockets, fill the budget: 256 KiB and a frame of 16 KiB each. */
const BYTES_PER_CONNECTION = 276 * 1024;
const SETTLE_MS = 1_500;

export async function measureMemory(
  plan: Pick<LoadPlan, 'events' | 'eventsPerFrame'>,
  budgetBytes: number,
): Promise<MemoryResult> {
  const running = await redis.start({ env: { GAPLESS_CREDIT_BUDGET_BYTES: String(budgetBytes) } });
  try {
    await delay(SETTLE_MS);
    const { pid } = running.server!;
    const idleBytes = residentBytes(pid);
    const full: LoadPlan = {
      ...plan,
      wire: 'gapless',
      url: running.url,
      producers: 'load',
      connections: Math.floor(budgetBytes / BYTES_PER_CONNECTION),
      loop: { kind: 'burst' },
      warmUpMs: 0,
      measureMs: 2 * STALL_MS,
      drainMs: 60_000,
    };
    const load = new Load(full);
    await load.reached('loaded');
    const stalled = await stall(running, load);
    load.stop();
    const { tallies } = await load.report;
    const verdict = (await running.verify([{ events: full.events, tallies }]))!;
    const above = stalled.filledBytes - idleBytes;
    return {
      eventsPerFrame: plan.eventsPerFrame,
      budgetBytes,
      idleBytes,
      ...stalled,
      perBudgetByte: above / budgetBytes,
      perUnsettledByte: above / stalled.unsettledBytes,
      verdict,
    };
  } finally {
    await running.redis?.kill('SIGCONT');
    await running.stop();
  }
}

async function stall(running: Running, load: Load): Promise<{ unsettledBytes: number; filledBytes: number }> {
  await running.redis!.kill('SIGSTOP');
  load.go();
  let unsettledBytes = 0;
  let filledBytes = 0;
  for (const end = performance.now() + STALL_MS; performance.now() < end; await delay(LOOK_MS)) {
    filledBytes = Math.max(filledBytes, residentBytes(running.server!.pid));
    const metrics = await running.metrics();
    unsettledBytes = Math.max(unsettledBytes, metrics!.get('gapless_credit_outstanding_bytes'));
  }
  await running.redis!.kill('SIGCONT');
  return { unsettledBytes, filledBytes };
}
