/** One report of several generator processes. */
import { Latencies } from './percentiles.ts';
import type { LoadReport, Opened, Percentiles, ShardOpened, ShardReport } from './plan.ts';

export function mergeReports(shards: readonly ShardReport[]): LoadReport {
  const sum = (of: (shard: ShardReport) => number) => shards.reduce((total, shard) => total + of(shard), 0);
  const open = shards.some(({ offered }) => offered !== undefined) && {
    offered: sum(({ offered = 0 }) => offered),
    unsent: sum(({ unsent = 0 }) => unsent),
  };
  return {
    from: Math.min(...shards.map(({ from }) => from)),
    // The times of the processes lie a few ms apart; rates are per process, so the mean is what their sum is divided by.
    seconds: sum(({ seconds }) => seconds) / shards.length,
    acknowledged: sum(({ acknowledged }) => acknowledged),
    frames: sum(({ frames }) => frames),
    bytes: sum(({ bytes }) => bytes),
    cpuSeconds: sum(({ cpuSeconds }) => cpuSeconds),
    cores: Math.max(...shards.map(({ cores }) => cores)),
    ...open,
    opened: mergeOpened(shards.map(({ opened }) => opened)),
    latency: mergeLatencies(shards.map(({ latency }) => latency)),
    lateness: mergeLatencies(shards.map(({ lateness }) => lateness)),
    tallies: shards.flatMap(({ tallies }) => tallies),
    faults: shards.flatMap(({ faults }) => faults),
  };
}

function mergeOpened(shards: readonly ShardOpened[]): Opened {
  const most = (of: (shard: ShardOpened) => number) => Math.max(...shards.map(of));
  return {
    seconds: most(({ seconds }) => seconds),
    cores: most(({ cores }) => cores),
    refused: shards.reduce((sum, { refused }) => sum + refused, 0),
    upgrade: mergeLatencies(shards.map(({ upgrade }) => upgrade)),
    welcome: mergeLatencies(shards.map(({ welcome }) => welcome)),
  };
}

/** Undefined where nothing was recorded. */
export function mergeLatencies(encoded: readonly (string | undefined)[]): Percentiles | undefined {
  const merged = new Latencies();
  for (const one of encoded) if (one !== undefined) merged.merge(one);
  return merged.count > 0 ? merged.summary() : undefined;
}
