/** What is to be reached, as data: a figure, or one figure over another of the same repetition; the median over the repetitions counts. */
import { spread } from '../harness/statistics.ts';
import type { Repetition } from './figures.ts';
import type { Part } from './options.ts';

export interface Row {
  part: Part;
  what: string;
  figure: string;
  /** Of several names the largest figure. */
  over?: string | readonly string[];
  unit: 'x' | 'ms' | 'events/s' | 'events';
  /** Without a bound it is told and judged by nobody. */
  bound?: { least: number } | { most: number };
}

const PEERS = { straightforward: 'the straightforward stack', nats: 'NATS JetStream over WebSocket' } as const;
/** Engines with the roles that run. Embedded is one process that has both; there the processor is off instead. */
const INGEST = { redis: 'Redis everysec, gateway alone', embedded: 'embedded, fsync, processing off' } as const;
const BOTH = {
  redis: 'Redis everysec, gateway and processor',
  embedded: 'embedded, fsync, gateway and processor',
} as const;

function onEngines(make: (engine: string, title: string) => Row[], roles: typeof INGEST | typeof BOTH = INGEST): Row[] {
  return Object.entries(roles).flatMap(([engine, title]) => make(engine, title));
}

/** Ratios of acknowledged events per second. */
function rates(engine: string, title: string): Row[] {
  const row = (frame: number, peer: string, over: Row['over'], bound?: Row['bound']): Row => ({
    part: 'throughput',
    what: `${title}, ${frame} a frame, against ${peer}`,
    figure: `${engine}/${frame}`,
    over,
    unit: 'x',
    bound,
  });
  return [
    row(50, PEERS.straightforward, 'straightforward/50', { least: 25 }),
    row(1, PEERS.straightforward, 'straightforward/1', { least: 6 }),
    row(1, PEERS.nats, 'nats/1', { least: 6 }),
    row(50, 'Socket.IO, the faster engine', ['socket-io/50', 'socket-io-uws/50']),
    row(1, 'Socket.IO, the faster engine', ['socket-io/1', 'socket-io-uws/1']),
    row(50, 'decode + validate alone in one thread', 'limits/decode-validate', { least: 0.6 }),
    row(50, 'an echo of the same frames', 'limits/echo-50'),
    row(1, 'an echo of the same frames', 'limits/echo-1'),
    row(50, 'an echo that stores', 'limits/stored-echo-50'),
    row(1, 'an echo that stores', 'limits/stored-echo-1'),
  ];
}

export const ROWS: readonly Row[] = [
  ...onEngines(rates),
  ...(['straightforward', 'nats'] as const).map(
    (peer): Row => ({
      part: 'throughput',
      what: `the limit: an echo of the same frames, 1 a frame, against ${PEERS[peer]}`,
      figure: 'limits/echo-1',
      over: `${peer}/1`,
      unit: 'x',
    }),
  ),
  ...([50, 1] as const).map(
    (frame): Row => ({
      part: 'throughput',
      what: `the limit: an echo that stores, ${frame} a frame, against ${PEERS.straightforward}`,
      figure: `limits/stored-echo-${frame}`,
      over: `straightforward/${frame}`,
      unit: 'x',
    }),
  ),
  ...(['event', 'pipeline-100', 'batch-100'] as const).map(
    (how): Row => ({
      part: 'throughput',
      what: `${INGEST.redis}, 50 a frame, against redis-benchmark XADD, ${how.replace('-', ' of ')}`,
      figure: 'redis/50',
      over: `limits/xadd-${how}`,
      unit: 'x',
    }),
  ),
  ...onEngines((engine, title) => [
    {
      part: 'http',
      what: `${title}, HTTP NDJSON, 100 events a request, against Fastify + XADD`,
      figure: `http/${engine}`,
      over: 'http/fastify',
      unit: 'x',
      bound: { least: 8 },
    },
    {
      part: 'http',
      what: `${title}, HTTP NDJSON, 100 events a request, against counting the lines`,
      figure: `http/${engine}`,
      over: 'http/count',
      unit: 'x',
    },
  ]),
  {
    part: 'http',
    what: 'the limit: counting the lines, against Fastify + XADD',
    figure: 'http/count',
    over: 'http/fastify',
    unit: 'x',
  },
  ...onEngines((engine, title) => [
    {
      part: 'latency',
      what: `${title}, send to ACK p99, against a bare XADD's p99`,
      figure: `latency/${engine}-p99`,
      over: 'latency/bare-xadd-p99',
      unit: 'x',
      bound: { most: 5 },
    },
  ]),
  {
    part: 'latency',
    what: "the limit: an echo of the same frames, p99 against a bare XADD's",
    figure: 'latency/echo-p99',
    over: 'latency/bare-xadd-p99',
    unit: 'x',
  },
  {
    part: 'latency',
    what: "the limit: an echo that stores, p99 against a bare XADD's",
    figure: 'latency/stored-echo-p99',
    over: 'latency/bare-xadd-p99',
    unit: 'x',
  },
  ...onEngines(
    (engine, title) => [
      {
        part: 'sustained',
        what: `${title}, against the straightforward stack`,
        figure: `sustained/${engine}`,
        over: 'sustained/straightforward',
        unit: 'x',
        bound: { least: 8 },
      },
      { part: 'sustained', what: `${title}, furthest behind`, figure: `sustained/${engine}-lag`, unit: 'events' },
    ],
    BOTH,
  ),
  ...onEngines(
    (engine, title) => [
      {
        part: 'visible',
        what: `${title}, event sent to feature visible, p95`,
        figure: `visible/${engine}-p95`,
        unit: 'ms',
        bound: { most: 100 },
      },
    ],
    BOTH,
  ),
];

export interface RowResult {
  row: Row;
  /** Of every repetition that has what the row needs. */
  values: number[];
  median: number;
  least: number;
  most: number;
  /** Null where there is no bound. */
  reached: boolean | null;
}

/** Null where no repetition has what the row needs. */
export function judge(row: Row, repetitions: readonly Repetition[]): RowResult | null {
  const values = repetitions.flatMap(({ figures }) => readingOf(row, figures) ?? []);
  if (values.length === 0) return null;
  const found = spread(values);
  return { row, values, ...found, reached: row.bound ? isWithin(found.median, row.bound) : null };
}

function readingOf({ figure, over }: Row, figures: Readonly<Record<string, number>>): number | undefined {
  const value = figures[figure];
  if (over === undefined || value === undefined) return value;
  const bases = [over].flat().flatMap((name) => figures[name] ?? []);
  return bases.length === 0 ? undefined : value / Math.max(...bases);
}

function isWithin(value: number, bound: NonNullable<Row['bound']>): boolean {
  return 'least' in bound ? value >= bound.least : value <= bound.most;
}
