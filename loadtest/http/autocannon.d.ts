declare module 'autocannon' {
  export interface Options {
    url: string;
    connections: number;
    /** Requests per second, over all connections. */
    overallRate?: number;
    /** Seconds. */
    duration: number;
    /** Seconds that a connection may stand still before it is opened anew. */
    timeout?: number;
    /** ms between two samples; it ends at one of them. */
    sampleInt?: number;
    setupClient?(client: Client): void;
    requests?: Request[];
  }
  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: Buffer;
    setupRequest?(request: Request): Request;
    onResponse?(status: number, body: string): void;
  }
  export interface Client {
    setRequests(requests: Request[]): void;
    on(event: 'connError', handler: (error: Error) => void): this;
    /** Not documented: sends the next request. */
    _doRequest?: () => void;
  }
  export interface Result {
    latency: { p50: number; p97_5: number; p99: number };
    requests: { average: number };
  }
  export interface Instance extends PromiseLike<Result> {
    on(event: 'response', handler: (client: unknown, status: number, bytes: number, ms: number) => void): this;
    stop(): void;
  }
  export default function autocannon(options: Options): Instance;
}
