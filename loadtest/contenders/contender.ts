/** Who can be measured: each starts everything it needs on free ports and in temporary folders, and takes all of it away again. */
import type { Wire } from '../generator/plan.ts';
import type { Samples } from '../harness/exposition.ts';
import type { Sent, Verdict, VerifyOptions } from '../harness/verify.ts';
import type { HttpDialect } from '../http/plan.ts';
import type { RedisServer } from '../redis-server.ts';

/** CPU seconds used so far, by who used them. */
export type CpuByPart = Record<string, number>;

export interface Running {
  readonly url: string;
  /** What it speaks over WebSockets; null where it does not. */
  readonly wire: Wire | null;
  /** In which form it takes events over HTTP, at the same address; absent where it does not. */
  readonly http?: HttpDialect;
  readonly token?: string;
  /** Null where it was not started by us. */
  readonly server: { readonly pid: number } | null;
  readonly redis: RedisServer | null;
  cpu(): CpuByPart;
  /** null where there are none. */
  metrics(): Promise<Samples | null>;
  /** Compares what is stored with what was sent and acknowledged; null where what is stored cannot be read. */
  verify(sent: readonly Sent[], options?: VerifyOptions): Promise<Verdict | null>;
  stop(): Promise<void>;
  /** End the server with a signal, and start it again with what it stored; where that can be done. */
  stopServer?(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  startServer?(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  readonly title: string;
  /** Has nothing behind it: that the generator bounds it is what it is there to find. */
  readonly isLimit?: boolean;
  /** Why it cannot be started here, and what to do about it; null if it can. Without this it always can where redis-server is. */
  missing?(): string | null;
  start(options?: StartOptions): Promise<Running>;
}

export interface StartOptions {
  env?: Record<string, string>;
  nodeArgs?: readonly string[];
}
