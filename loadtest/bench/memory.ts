/**
 * What the credit budget is in real memory. Storage is stopped (SIGSTOP) under full load, so that clients fill everything they were granted;
 * then the server's memory above its idle state is set against the bytes that are not settled and against the budget.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { LoadPlan } from '../generator/plan.ts';
import { Load } from '../harness/load.ts';
import { residentBytes } from '../harness/proc.ts';
import type { Verdict } from '../harness/verify.ts';
import { type Running, redis } from './contenders.ts';

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

/** Long enough for the windows to grow to their largest. */
const WARM_UP_MS = 4_000;
const STALL_MS = 8_000;
const LOOK_MS = 100;
/** More connections than the budget has full windows. */
const CONNECTIONS = 320;
const SETTLE_MS = 1_500;

export async function measureMemory(
  plan: Pick<LoadPlan, 'events' | 'eventsPerFrame'>,
  budgetBytes: number,
): Promise<MemoryResult> {
  const running = await redis.start({ env: { GAPLESS_CREDIT_BUDGET_BYTES: String(budgetBytes) } });
  try {
    await delay(SETTLE_MS);
    const idleBytes = residentBytes(running.server.pid).now;
    const full: LoadPlan = {
      ...plan,
      wire: running.wire,
      url: running.url,
      producers: 'load',
      connections: CONNECTIONS,
      loop: { kind: 'closed', inFlight: 0 },
      warmUpMs: WARM_UP_MS,
      measureMs: STALL_MS + WARM_UP_MS,
      drainMs: 60_000,
    };
    let warm = (): void => undefined;
    const warmedUp = new Promise<void>((resolve) => {
      warm = resolve;
    });
    const load = new Load(full, { measuring: warm });
    await Promise.race([warmedUp, load.report]);
    const stalled = await stall(running);
    load.stop();
    const verdict = await running.verify(full, await load.report);
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

async function stall(running: Running): Promise<{ unsettledBytes: number; filledBytes: number }> {
  await running.redis!.kill('SIGSTOP');
  let unsettledBytes = 0;
  let filledBytes = 0;
  for (const end = performance.now() + STALL_MS; performance.now() < end; await delay(LOOK_MS)) {
    filledBytes = Math.max(filledBytes, residentBytes(running.server.pid).now);
    const metrics = await running.metrics();
    unsettledBytes = Math.max(unsettledBytes, metrics!.get('gapless_credit_outstanding_bytes'));
  }
  await running.redis!.kill('SIGCONT');
  return { unsettledBytes, filledBytes };
}
