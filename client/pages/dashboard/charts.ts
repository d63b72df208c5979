/** The charts: which figures, as which lines, in which unit. */
import { bytes, count, milliseconds, percent } from '../shared/format.ts';
import type { Read } from './state/columns.ts';
import { KINDS } from './state/seconds.ts';

export interface Line {
  name: string;
  /** A custom property of the style sheet. */
  color: string;
  read: Read;
  /** Lengths of dashes and gaps, px: lines differ by more than their colour. */
  dash?: number[];
}

export interface ChartModel {
  title: string;
  /** What is counted, in words. */
  unit: string;
  lines: readonly Line[];
  format: (value: number) => string;
  /** Lines lie on one another as areas. */
  stacked?: boolean;
  /** The least that the axis goes up to. */
  least: number;
  /** The axis ends here whatever comes. */
  most?: number;
  /** Steps of the axis are powers of two. */
  binary?: boolean;
}

export const EVENTS: ChartModel = {
  title: 'Events by action',
  unit: 'events per second',
  lines: KINDS.map((kind) => ({ name: kind, color: `--kind-${kind}`, read: ({ kinds }) => kinds[kind] ?? 0 })),
  format: count,
  stacked: true,
  least: 10,
};

export const LATENCY: ChartModel = {
  title: 'Latency and batches',
  unit: 'of acks and commits',
  lines: [
    { name: 'ack p99', color: '--line-2', read: ({ ackP99 }) => ackP99 },
    { name: 'ack p50', color: '--line-1', read: ({ ackP50 }) => ackP50 },
    { name: 'commit p95', color: '--line-3', read: ({ commitP95 }) => commitP95, dash: [5, 4] },
  ],
  format: milliseconds,
  least: 10,
};

export const PRESSURE: ChartModel = {
  title: 'Pressure',
  unit: 'the highest of its parts',
  lines: [{ name: 'pressure', color: '--line-1', read: ({ pressure }) => pressure }],
  format: percent,
  least: 1,
  most: 1,
};

export const CREDIT: ChartModel = {
  title: 'Credit',
  unit: 'bytes of the budget',
  lines: [
    { name: 'granted', color: '--line-1', read: ({ granted }) => granted },
    { name: 'outstanding', color: '--line-2', read: ({ outstanding }) => outstanding, dash: [5, 4] },
  ],
  format: bytes,
  least: 1024 * 1024,
  binary: true,
};

export const CONNECTIONS: ChartModel = {
  title: 'Connections',
  unit: 'open WebSockets',
  lines: [
    { name: 'publishing', color: '--line-1', read: ({ publishers }) => publishers },
    { name: 'subscribing', color: '--line-2', read: ({ subscribers }) => subscribers, dash: [5, 4] },
  ],
  format: count,
  least: 5,
};

export const LAG: ChartModel = {
  title: 'Consumer lag',
  unit: 'events that the processors are behind',
  lines: [{ name: 'lag', color: '--line-1', read: ({ lag }) => lag }],
  format: count,
  least: 10,
};
