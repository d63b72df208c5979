/** The part of autocannon that is used here; the package has no types. */
declare module 'autocannon' {
  export interface Options {
    url: string;
    connections: number;
    /** Requests per second, over all connections. */
    overallRate: number;
    /** Seconds. */
    duration: number;
    requests: { path: string; onResponse?(status: number, body: string): void }[];
  }
  export interface Result {
    latency: { p50: number; p97_5: number; p99: number };
    requests: { average: number };
  }
  export interface Instance extends PromiseLike<Result> {
    on(event: 'response', handler: (client: unknown, status: number, bytes: number, ms: number) => void): this;
  }
  export default function autocannon(options: Options): Instance;
}
