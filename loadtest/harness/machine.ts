/** Where and what a run was, so that its figures can be read later. */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  /** Load average of the last minute when the run began; well above 0 means that others were at work. */
  load: number;
  node: string;
  redis: string;
  /** Short hash; `+` where files differed from it; empty outside of a checkout. */
  commit: string;
  time: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    load: loadavg()[0]!,
    node: process.version,
    redis: /v=([\d.]+)/.exec(output('redis-server', ['--version']))?.[1] ?? 'none',
    commit: `${output('git', ['rev-parse', '--short', 'HEAD'])}${output('git', ['status', '--porcelain']) ? '+' : ''}`,
    time: new Date().toISOString(),
  };
}

function output(command: string, args: readonly string[]): string {
  return spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}
