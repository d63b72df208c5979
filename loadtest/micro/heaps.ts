/**
 * What each thread of a server holds: preloaded, it collects all garbage every five minutes, or HEAPS_SECONDS, and writes a line for each
 * thread to standard error. After the build:
 *
 *   NODE_OPTIONS="--import $PWD/dist/loadtest/micro/heaps.js" dist/cli/main.js serve
 */
import v8 from 'node:v8';
import vm from 'node:vm';
import { isMainThread, threadId } from 'node:worker_threads';
import { residentBytes } from '../harness/proc.ts';

const everyMs = Number(process.env.HEAPS_SECONDS ?? 300) * 1000;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

function tell(): void {
  collect();
  const { used_heap_size: used, total_heap_size: total } = v8.getHeapStatistics();
  const whole = isMainThread ? `, the process ${mib(residentBytes(process.pid))} MiB resident` : '';
  const inUse = `${mib(used)} MiB in use, ${mib(total)} set aside`;
  process.stderr.write(`${Math.round(process.uptime())} s, thread ${threadId}: ${inUse}${whole}\n`);
}

setInterval(tell, everyMs).unref();
