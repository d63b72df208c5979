/** What clients call themselves whose events a worker has been through without harm, so that the main thread may read it too. */
import type { SlabSource } from '../../workers/slab.ts';

type Agents = Pick<SlabSource, 'userAgent' | 'agent'>;

/** A client that makes up names costs others no more than a way through the pool. */
const MOST = 1024;

export class KnownAgents {
  /** By User-Agent what HELLO said beside it. */
  private readonly known = new Map<string, Set<string>>();
  private count = 0;

  /** Nameless ones are known. */
  has({ userAgent = '', agent = '' }: Agents): boolean {
    return (userAgent === '' && agent === '') || this.known.get(userAgent)?.has(agent) === true;
  }

  add(agents: Agents): void {
    if (this.has(agents)) return;
    if (this.count >= MOST) this.forget();
    const { userAgent = '', agent = '' } = agents;
    const beside = this.known.get(userAgent) ?? new Set();
    this.known.set(userAgent, beside.add(agent));
    this.count++;
  }

  private forget(): void {
    this.known.clear();
    this.count = 0;
  }
}
