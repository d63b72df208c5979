/** What Linux tells of a process in `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';
import { ownOf } from '../../server/ops/own-memory.ts';

/** USER_HZ, which Linux fixes for everything in /proc. */
const TICKS_PER_SECOND = 100;

export interface CpuSeconds {
  total: number;
  /** The thread that the process began with; in Node the one that runs the event loop. */
  main: number;
  /** Every other thread, the busiest first. */
  others: { thread: number; seconds: number }[];
}

/** CPU seconds that a process has used since it began, by thread. Threads that have ended count only in `total`. */
export function cpuSeconds(pid: number): CpuSeconds {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  const used = threads.map((thread) => ({ thread, seconds: usedBy(`/proc/${pid}/task/${thread}/stat`) }));
  const others = used.filter(({ thread }) => thread !== pid).sort((a, b) => b.seconds - a.seconds);
  return {
    total: usedBy(`/proc/${pid}/stat`),
    main: used.find(({ thread }) => thread === pid)?.seconds ?? 0,
    others,
  };
}

function usedBy(file: string): number {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A thread that ended meanwhile.
    return 0;
  }
  // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in bytes that is the process's own: without pages of files that it maps, which are the system's page cache. */
export function residentBytes(pid: number): number {
  return ownOf(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
