/** One live process per file: a lock file beside it names its holder. The lock of a process that is gone does not count. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ClientError } from './error.ts';

const held = new Set<string>();

/** Returns what releases the lock. Throws ClientError `store_locked`. */
export function lockFile(path: string): () => void {
  const lock = resolve(`${path}.lock`);
  if (held.has(lock)) throw locked(path, process.pid);
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid} ${startOf(process.pid)}`, { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = liveHolder(lock);
    if (holder !== null) throw locked(path, holder);
    rmSync(lock, { force: true });
  }
  held.add(lock);
  return () => {
    if (held.delete(lock)) rmSync(lock, { force: true });
  };
}

function locked(path: string, pid: number): ClientError {
  return new ClientError('store_locked', `${path} is in use by process ${pid}; one outbox belongs to one live client`);
}

/** The process that holds the lock, or null if it is gone. A process id that was given to another process since does not fool it. */
function liveHolder(lock: string): number | null {
  let text: string;
  try {
    text = readFileSync(lock, 'utf8');
  } catch {
    return null;
  }
  const [pid = Number.NaN, start] = text.split(' ').map(Number);
  // A lock of this process that this process does not know is one of its number's former owner.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return null;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
  }
  return startOf(pid) === start ? pid : null;
}

/** When a process started, in the kernel's ticks since boot; 0 where that cannot be told. */
function startOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the start is the 20th field after it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return 0;
  }
}
