/**
 * Keeps the leases of one member of a group: says that it lives, renews what it holds, takes what it should own (`assignment.ts`) as soon
 * as that is free, and hands over what another should own. Storage that does not answer is asked again: meanwhile the member goes on with
 * what it has, because a lease only decides who works, and what is written is guarded by the store's own compare-and-set.
 */
import { pause } from '../ingest/pause.ts';
import { assign } from './assignment.ts';
import type { GroupStore, Lease } from './port.ts';

export interface OwnershipHandlers {
  /** The partition is this member's from now on. */
  acquired(partition: number): void;
  /** Another should own it: stops work on it and brings to storage what is under way. The lease is given up afterwards. */
  handOver(partition: number): Promise<void>;
  /** Another owns it already. May come during a hand-over. */
  lost(partition: number): void;
  /** Storage did not answer as it should; it is asked again. */
  trouble(error: unknown): void;
}

export interface OwnershipOptions {
  groups: GroupStore;
  /** Its name within the group, used by nobody else. */
  member: string;
  partitions: number;
  handlers: OwnershipHandlers;
  /** How long a lease outlives its member; default 3,000. */
  ttlMs?: number;
  /** How often leases are renewed; default a third of `ttlMs`. */
  renewMs?: number;
}

/**
 * `idle`: not started. `running`: keeps its leases. `leaving`: hands over everything. `stopped`: owns nothing.
 */
export type OwnershipState = 'idle' | 'running' | 'leaving' | 'stopped';

/** `owned`: this member works on it. `handing_over`: it stops working on it. `releasing`: the lease is being given up. */
interface Holding {
  lease: Lease;
  state: 'owned' | 'handing_over' | 'releasing';
}

/** How soon to look again while something that it should own is still another's. */
const MISSING_MS = 200;
/** How long leaving waits for hand-overs; leases that are not given up by then run out. */
const LEAVE_MS = 10_000;

export class Ownership {
  state: OwnershipState = 'idle';
  /** Storage answered, and it has all that it should own. */
  settled = false;
  private readonly options: OwnershipOptions;
  private readonly ttlMs: number;
  private readonly renewMs: number;
  private readonly holdings = new Map<number, Holding>();
  private readonly ending = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private readonly handOvers = new Set<Promise<void>>();

  constructor(options: OwnershipOptions) {
    this.options = options;
    this.ttlMs = options.ttlMs ?? 3_000;
    this.renewMs = options.renewMs ?? this.ttlMs / 3;
  }

  start(): void {
    this.state = 'running';
    this.loop = this.run();
  }

  /** Hands over everything and leaves the group. */
  async stop(): Promise<void> {
    if (this.state !== 'running') return;
    this.state = 'leaving';
    this.ending.abort();
    await this.loop;
    for (const partition of this.holdings.keys()) this.startHandOver(partition);
    const late = new AbortController();
    await Promise.race([Promise.all(this.handOvers), pause(LEAVE_MS, late.signal)]);
    late.abort();
    this.state = 'stopped';
    await this.ask(() => this.options.groups.leave(this.options.member));
  }

  /** The lease under which the partition is owned; null where it is not, or is being handed over. */
  lease(partition: number): Lease | null {
    const holding = this.holdings.get(partition);
    return holding?.state === 'owned' ? holding.lease : null;
  }

  /** Asks storage whether the partition is still this member's, and tells the handlers if not. While storage does not answer it is. */
  async check(partition: number): Promise<boolean> {
    const holding = this.holdings.get(partition);
    if (!holding) return false;
    if (holding.state === 'releasing') return true;
    const held = await this.ask(() => this.options.groups.renew(holding.lease, this.ttlMs));
    if (held !== false) return true;
    if (this.forget(partition, holding)) this.options.handlers.lost(partition);
    return false;
  }

  private async run(): Promise<void> {
    while (this.state === 'running') {
      this.settled = await this.turn();
      await pause(this.settled ? this.renewMs : Math.min(MISSING_MS, this.renewMs), this.ending.signal);
    }
  }

  /** One round: lives, renews, gives, takes. True if it has all that it should own. */
  private async turn(): Promise<boolean> {
    const { groups, member, partitions } = this.options;
    const [members] = await Promise.all([
      this.ask(() => groups.join(member, this.ttlMs)),
      ...[...this.holdings.keys()].map((partition) => this.check(partition)),
    ]);
    if (!members || this.state !== 'running') return false;
    const wanted = new Set<number>();
    assign(members, partitions).forEach((owner, partition) => {
      if (owner === member) wanted.add(partition);
    });
    for (const partition of this.holdings.keys()) if (!wanted.has(partition)) this.startHandOver(partition);
    await Promise.all([...wanted].map((partition) => this.acquire(partition)));
    return [...wanted].every((partition) => this.lease(partition) !== null);
  }

  private async acquire(partition: number): Promise<void> {
    if (this.holdings.has(partition)) return;
    const { groups, member, handlers } = this.options;
    const lease = await this.ask(() => groups.acquire(partition, member, this.ttlMs));
    if (!lease) return;
    this.holdings.set(partition, { lease, state: 'owned' });
    if (this.state === 'running') handlers.acquired(partition);
  }

  private startHandOver(partition: number): void {
    const holding = this.holdings.get(partition);
    if (holding?.state !== 'owned') return;
    holding.state = 'handing_over';
    const done = this.handOver(partition, holding).finally(() => this.handOvers.delete(done));
    this.handOvers.add(done);
  }

  private async handOver(partition: number, holding: Holding): Promise<void> {
    const { groups, handlers } = this.options;
    await handlers.handOver(partition).catch((error) => handlers.trouble(error));
    if (this.holdings.get(partition) !== holding) return;
    holding.state = 'releasing';
    await this.ask(() => groups.release(holding.lease));
    this.forget(partition, holding);
  }

  /** False where that was done already. */
  private forget(partition: number, holding: Holding): boolean {
    return this.holdings.get(partition) === holding && this.holdings.delete(partition);
  }

  /** undefined where storage did not answer as it should. */
  private async ask<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.options.handlers.trouble(error);
      return undefined;
    }
  }
}
