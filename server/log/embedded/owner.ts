/**
 * One process writes a data directory. Who it is stands in the data itself and is decided in one LMDB transaction, so that of two
 * openers exactly one wins, and there is no lock file to be left behind: a process that is gone has nothing to release.
 *
 * Whether the owner still runs is told by its pid and the time it was started. In another container that cannot be seen: then the
 * newcomer takes over. Either way the value's version is a fence that every transaction is conditional on: a process that was
 * taken over from writes nothing more.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { LogError } from '../error.ts';
import { type Environment, encodeJson, readJson } from './environment.ts';
import { OWNER_KEY } from './layout.ts';

interface Owner {
  pid: number;
  /** When the process was started, in the kernel's ticks since boot; null where the system does not tell. */
  started: string | null;
  /** Which pids it sees, and which boot of the system it belongs to. */
  pidNamespace: string | null;
  boot: string | null;
  host: string;
  since: number;
}

export interface Claim {
  /** Every transaction is conditional on it. */
  fence: number;
  /** The process that it was taken from although it may still run. */
  takenFrom: { pid: number; host: string } | null;
}

/** Makes this process the owner. Throws LogError `in_use` where another one is and still runs. */
export function claim(environment: Environment): Claim {
  const { meta, dir } = environment;
  const fence = randomInt(1, 2 ** 47);
  return meta.transactionSync(() => {
    const owner = readJson<Owner>(meta, OWNER_KEY);
    const condition = owner ? judge(owner) : 'gone';
    if (owner && condition === 'running') {
      throw new LogError(
        'in_use',
        `${dir} is in use by process ${owner.pid}; stop it first or use another data directory`,
      );
    }
    void meta.put(OWNER_KEY, encodeJson(thisProcess()), fence);
    return { fence, takenFrom: owner && condition === 'unknown' ? { pid: owner.pid, host: owner.host } : null };
  });
}

/** Says who took the directory over. */
export function currentOwner({ meta }: Environment): string {
  const owner = readJson<Owner>(meta, OWNER_KEY);
  return owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
}

function thisProcess(): Owner {
  return { ...surroundings(), pid: process.pid, started: startOf(process.pid), host: hostname(), since: Date.now() };
}

function surroundings(): { pidNamespace: string | null; boot: string | null } {
  return {
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
  };
}

function judge(owner: Owner): 'running' | 'gone' | 'unknown' {
  const here = surroundings();
  if (owner.boot !== here.boot) return 'gone';
  if (owner.pidNamespace !== here.pidNamespace) return 'unknown';
  if (!isProcess(owner.pid)) return 'gone';
  return startOf(owner.pid) === owner.started ? 'running' : 'gone';
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat; the second one, the name, is in brackets and may hold anything. */
function startOf(pid: number): string | null {
  return attempt(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  });
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
