/** Who can be measured: each starts everything it needs on free ports and in temporary folders, and takes all of it away again. */
import type { LoadPlan, LoadReport, Wire } from '../generator/plan.ts';
import type { Samples } from '../harness/exposition.ts';
import type { Verdict } from '../harness/verify.ts';
import type { RedisServer } from '../redis-server.ts';

/** CPU seconds used so far, by who used them. */
export type CpuByPart = Record<string, number>;

export interface Running {
  readonly url: string;
  readonly wire: Wire;
  readonly server: { readonly pid: number };
  readonly redis: RedisServer | null;
  cpu(): CpuByPart;
  /** null where there are none. */
  metrics(): Promise<Samples | null>;
  /** Compares what is stored with what was sent and acknowledged. */
  verify(plan: LoadPlan, report: LoadReport): Promise<Verdict>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  readonly title: string;
  start(options?: StartOptions): Promise<Running>;
}

export interface StartOptions {
  env?: Record<string, string>;
  nodeArgs?: readonly string[];
}
