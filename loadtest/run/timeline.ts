/** The run second by second, on one clock that begins with the first load. */
import { mergeLatencies } from '../generator/merge.ts';
import type { ShardSecond } from '../generator/plan.ts';
import type { Sample } from '../report/record.ts';

interface Bin {
  acknowledged: number;
  offered?: number;
  /** Encoded histograms: an hour of them takes little room. */
  latencies: string[];
  server: Partial<Sample>;
}

export class Timeline {
  /** ms since 1970; null until the load begins. */
  private originMs: number | null = null;
  private readonly bins = new Map<number, Bin>();
  private readonly onBegin: () => void;
  acknowledged = 0;

  constructor(onBegin: () => void = () => undefined) {
    this.onBegin = onBegin;
  }

  /** When the load began; it begins now if it has not. */
  begin(): number {
    if (this.originMs === null) {
      this.originMs = Date.now();
      this.onBegin();
    }
    return this.originMs;
  }

  get hasBegun(): boolean {
    return this.originMs !== null;
  }

  /** Seconds since the load began; 0 before that. */
  get now(): number {
    return this.originMs === null ? 0 : (Date.now() - this.originMs) / 1000;
  }

  add({ at, acknowledged, offered, latency }: ShardSecond): void {
    const bin = this.bin(at);
    bin.acknowledged += acknowledged;
    this.acknowledged += acknowledged;
    if (offered !== undefined) bin.offered = (bin.offered ?? 0) + offered;
    if (latency !== undefined) bin.latencies.push(latency);
  }

  /** What the server looked like at the end of a second. */
  look(at: number, server: Partial<Sample>): void {
    Object.assign(this.bin(at).server, server);
  }

  private bin(at: number): Bin {
    let bin = this.bins.get(at);
    if (!bin) {
      bin = { acknowledged: 0, latencies: [], server: {} };
      this.bins.set(at, bin);
    }
    return bin;
  }

  sample(at: number): Sample {
    const { acknowledged, offered, latencies, server } = this.bins.get(at) ?? { acknowledged: 0, latencies: [] };
    const latency = mergeLatencies(latencies);
    return {
      at,
      perSecond: acknowledged,
      ...(offered !== undefined && { offeredPerSecond: offered }),
      ...(latency && { latency: { p50: latency.p50, p99: latency.p99, max: latency.max } }),
      ...server,
    };
  }

  /** Every second from the first to the last of which something is known. */
  series(): Sample[] {
    const last = Math.max(0, ...this.bins.keys());
    return Array.from({ length: last }, (_, i) => this.sample(i + 1));
  }
}
