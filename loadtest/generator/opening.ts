/** Opens connections, some at a time, and tells how long that took. */
import { cpuSeconds } from '../harness/proc.ts';
import type { LoadConnection } from './connection.ts';
import { Latencies } from './percentiles.ts';
import type { ShardOpened } from './plan.ts';

export async function openAll(
  connections: readonly LoadConnection[],
  most: number,
  mayRefuse: boolean,
): Promise<ShardOpened> {
  const begun = { at: performance.now(), cpu: cpuSeconds(process.pid).main };
  let refused = 0;
  const waiting = connections.values();
  const openSome = async () => {
    for (const connection of waiting) {
      await connection.open().catch((error) => {
        if (!mayRefuse) throw error;
        refused++;
      });
    }
  };
  await Promise.all(Array.from({ length: most }, openSome));
  const seconds = (performance.now() - begun.at) / 1000;
  const upgrade = new Latencies();
  const welcome = new Latencies();
  for (const { openTimes } of connections) {
    if (!openTimes) continue;
    upgrade.record(openTimes.upgradeMs);
    welcome.record(openTimes.welcomeMs);
  }
  const cores = (cpuSeconds(process.pid).main - begun.cpu) / seconds;
  return { seconds, cores, refused, upgrade: upgrade.encoded(), welcome: welcome.encoded() };
}
