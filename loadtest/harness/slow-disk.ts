/** Makes a process believe that its disk is slow: every fdatasync takes longer. `strace` does it from outside; Linux only. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

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
  const inject = `inject=fdatasync:delay_enter=${ms * 1000}`;
  const args = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', inject, '-p', String(pid)];
  const child = spawn('strace', args, { stdio: 'ignore' });
  child.on('error', () => undefined);
  running.add(child);
  child.on('exit', () => running.delete(child));
}
