/** The plots of a run. */
import { known, type Line, type Merge, type Plot } from './plot.ts';
import type { RunRecord, Sample } from './record.ts';

type Read = (sample: Sample) => number | null | undefined;
type Drawn = readonly [label: string, look: Line['look'], merge: Merge, read: Read];

type Kind = Pick<Plot, 'id' | 'title' | 'quantity' | 'unit' | 'atLeast' | 'mayBeLog'> & { lines: readonly Drawn[] };

const kinds = (unit: string): readonly Kind[] => [
  {
    id: 'throughput',
    title: 'Throughput',
    quantity: `${unit}/s`,
    unit: 'count',
    lines: [
      ['offered', 'bound', 'mean', ({ offeredPerSecond }) => offeredPerSecond],
      ['acknowledged', 'main', 'mean', ({ perSecond }) => perSecond],
    ],
  },
  {
    id: 'latency',
    title: 'Latency, intended send time to answer',
    quantity: '',
    unit: 'ms',
    mayBeLog: true,
    lines: [
      ['max', 'quiet', 'most', ({ latency }) => latency?.max],
      ['p99', 'second', 'most', ({ latency }) => latency?.p99],
      ['p50', 'main', 'median', ({ latency }) => latency?.p50],
    ],
  },
  {
    id: 'credit',
    title: 'Credit: granted or not yet settled',
    quantity: '',
    unit: 'bytes',
    lines: [
      ['budget', 'bound', 'mean', ({ creditBudgetBytes }) => creditBudgetBytes],
      ['outstanding', 'main', 'most', ({ creditBytes }) => creditBytes],
    ],
  },
  {
    id: 'pressure',
    title: 'Pressure',
    quantity: '0 to 1',
    unit: 'plain',
    atLeast: 1,
    lines: [['pressure', 'main', 'most', ({ pressure }) => pressure]],
  },
  {
    id: 'memory',
    title: 'Memory of the server',
    quantity: 'resident',
    unit: 'bytes',
    lines: [['resident', 'main', 'most', ({ residentBytes }) => residentBytes]],
  },
  {
    id: 'cpu',
    title: 'CPU of the server',
    quantity: 'cores',
    unit: 'plain',
    atLeast: 1,
    lines: [['used', 'main', 'mean', ({ cores }) => cores]],
  },
  {
    id: 'lag',
    title: 'Lag: stored, not yet processed',
    quantity: 'events',
    unit: 'count',
    lines: [['lag', 'main', 'most', ({ lagEvents }) => lagEvents]],
  },
  {
    id: 'connections',
    title: 'Connections',
    quantity: 'open',
    unit: 'count',
    lines: [['open', 'main', 'most', ({ connections }) => connections]],
  },
];

/** From here on what was offered would press what was acknowledged flat. */
const FAR = 4;

/** All of them, whether there are figures or not; lines without any are left out. */
export function plotsOf(record: RunRecord): Plot[] {
  const series = record.series.filter(({ at }) => Number.isFinite(at)).sort((a, b) => a.at - b.at);
  const times = series.map(({ at }) => at);
  const peak = (read: Read) => Math.max(0, ...known(series.map(read)));
  const isOverload = peak((one) => one.offeredPerSecond) > FAR * peak((one) => one.perSecond);
  return kinds(record.unit ?? 'events').map(({ lines, ...kind }) => ({
    ...kind,
    mayBeLog: kind.mayBeLog || (kind.id === 'throughput' && isOverload),
    times,
    phases: record.phases,
    lines: lines
      .map(([label, look, merge, read]) => ({ label, look, merge, values: series.map((one) => read(one) ?? null) }))
      .filter(({ values }) => known(values).length > 0),
  }));
}
