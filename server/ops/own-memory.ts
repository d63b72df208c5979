/** How much memory a process takes from the machine. */
import { readFileSync } from 'node:fs';

/**
 * Bytes of resident memory that are this process's own. LMDB maps its files: what was read of them is resident too, but belongs to the
 * system's page cache, which gives it back when memory is short; counted as the process's, a server that reads a long log would think
 * itself full. Where the system does not tell them apart (anything but Linux), all resident memory.
 */
export function ownMemory(): number {
  try {
    return ownOf(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return process.memoryUsage.rss();
  }
}

/** From the text of `/proc/PID/status`. */
export function ownOf(status: string): number {
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  const own = kib('RssAnon') + kib('RssShmem');
  if (Number.isNaN(own)) throw new Error('/proc does not tell anonymous memory');
  return own * 1024;
}
