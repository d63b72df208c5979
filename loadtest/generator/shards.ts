/** A plan over several generator processes. */
import type { LoadPlan } from './plan.ts';

/** A process may have 20,000 file descriptors here, and one event loop opens and serves about so many connections well. */
const CONNECTIONS_PER_PROCESS = 8_000;

/** How many processes a plan needs at least for its connections. */
export function processesFor(connections: number, wanted = 1): number {
  return Math.min(connections, Math.max(wanted, Math.ceil(connections / CONNECTIONS_PER_PROCESS)));
}

/** Splits the connections evenly. Poisson processes add up to one of the rates' sum, so an open loop is the same load as before. */
export function shard(plan: LoadPlan, processes: number): LoadPlan[] {
  const first = (i: number) => Math.floor((plan.connections * i) / processes);
  return Array.from({ length: processes }, (_, i) => {
    const connections = first(i + 1) - first(i);
    const { loop } = plan;
    const eventsPerSecond = 'eventsPerSecond' in loop ? (loop.eventsPerSecond * connections) / plan.connections : 0;
    const part =
      loop.kind === 'open'
        ? { ...loop, eventsPerSecond, seed: loop.seed + i }
        : loop.kind === 'flood'
          ? { ...loop, eventsPerSecond }
          : loop;
    return { ...plan, connections, firstConnection: (plan.firstConnection ?? 0) + first(i), loop: part };
  });
}
