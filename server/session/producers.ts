/**
 * Which connection speaks for a producer: of two the higher (epoch, attempt) wins, on a tie the later HELLO. Also remembers
 * connections that are gone while their last events are still being settled, so that a successor is told the exact number.
 */
import type { CloseName } from '../../protocol/codes.ts';

/** What decides between two connections of one producer. */
export interface Claim {
  epoch: number;
  attempt: number;
  /** When HELLO came, ms since 1970, and what breaks a tie of that. */
  at: number;
  session: string;
}

/** Whether `a` wins over `b`. */
export function wins(a: Claim, b: Claim): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch;
  if (a.attempt !== b.attempt) return a.attempt > b.attempt;
  if (a.at !== b.at) return a.at > b.at;
  return a.session > b.session;
}

/** What the loser is closed with. */
export function defeat(loser: Claim, winner: Claim): CloseName {
  return loser.epoch < winner.epoch ? 'fenced' : 'superseded';
}

export class ProducerTable<Owner> {
  private readonly current = new Map<string, { claim: Claim; owner: Owner }>();
  private readonly leaving = new Map<string, Set<Owner>>();
  private readonly waiters = new Map<Owner, (() => void)[]>();

  get(key: string): { claim: Claim; owner: Owner } | undefined {
    return this.current.get(key);
  }

  claim(key: string, claim: Claim, owner: Owner): void {
    this.current.set(key, { claim, owner });
  }

  /** The connection is gone; `settling` says whether events of it are still under way. */
  leave(key: string, owner: Owner, settling: boolean): void {
    if (this.current.get(key)?.owner === owner) this.current.delete(key);
    if (!settling) return;
    const owners = this.leaving.get(key) ?? new Set();
    this.leaving.set(key, owners.add(owner));
  }

  /** The last event of a connection that is gone was settled. */
  settled(key: string, owner: Owner): void {
    const owners = this.leaving.get(key);
    if (owners?.delete(owner) && owners.size === 0) this.leaving.delete(key);
    for (const wake of this.waiters.get(owner) ?? []) wake();
    this.waiters.delete(owner);
  }

  /** Resolves when nothing of the producer's former connections is under way, or after `mostMs`. */
  async quiet(key: string, mostMs: number): Promise<void> {
    const owners = [...(this.leaving.get(key) ?? [])];
    if (owners.length === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, mostMs);
    });
    await Promise.race([Promise.all(owners.map((owner) => this.whenSettled(owner))), late]);
    clearTimeout(timer);
  }

  private whenSettled(owner: Owner): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.waiters.get(owner) ?? [];
      this.waiters.set(owner, [...waiters, resolve]);
    });
  }
}
