/** What the limits share that are servers: they store nothing, and whoever loads them sees for itself whether everything is answered. */
import type { Running } from '../contenders/contender.ts';
import { NodeServer } from '../harness/node-server.ts';
import { cpuSeconds } from '../harness/proc.ts';

/** Starts a file of `loadtest/limits/` as a process of its own. */
export async function startBare(file: string, speaks: Pick<Running, 'wire' | 'http'>): Promise<Running> {
  const server = await NodeServer.start(`limits/${file}`, []);
  return {
    ...speaks,
    url: server.url,
    server: server.child,
    redis: null,
    cpu: () => ({ 'server, main thread': cpuSeconds(server.child.pid).total }),
    metrics: async () => null,
    verify: async () => null,
    stop: () => server.stop(),
  };
}
