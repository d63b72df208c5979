/** Makes a process believe that its disk is slow: every fdatasync takes longer. `strace` does it from outside; Linux only. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** A held fdatasync must not return by itself before it is let go. */
const HELD_FACTOR = 10;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Why a disk cannot be slowed down here; null if it can. */
export function whyNoSlowDisk(): string | null {
  const found = spawnSync('strace', ['-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', 'true'], { encoding: 'utf8' });
  if (found.error) return `strace cannot be started (${found.error.message}); it is in Debian's package strace`;
  return found.status === 0 ? null : `strace may not trace here: ${found.stderr.trim()}`;
}

/** From soon on every fdatasync of this process takes `ms` longer. Ends with the process. */
export function slowSyncs(pid: number, ms: number): void {
  trace(pid, ms, ['-qq'], 'ignore');
}

/** No fdatasync of this process begins for `ms`: its disk stands still. Resolves when it goes on. */
export async function stallSyncs(pid: number, ms: number): Promise<void> {
  const tracer = trace(pid, ms * HELD_FACTOR, [], 'pipe');
  const gone = once(tracer, 'exit');
  const [said] = await Promise.race([once(tracer.stderr!, 'data'), gone.then(() => ['strace ended'])]);
  if (!String(said).includes('attached')) throw new Error(`strace does not hold up the disk: ${said}`);
  tracer.stderr!.resume();
  await delay(ms);
  // It lets go of what it holds.
  tracer.kill('SIGTERM');
  await gone;
}

function trace(pid: number, ms: number, options: readonly string[], stderr: 'ignore' | 'pipe'): ChildProcess {
  const inject = `inject=fdatasync:delay_enter=${ms * 1000}`;
  const args = ['-f', ...options, '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', inject, '-p', String(pid)];
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', stderr] });
  child.on('error', () => undefined);
  running.add(child);
  child.on('exit', () => running.delete(child));
  return child;
}
