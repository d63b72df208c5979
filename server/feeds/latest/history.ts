/** The figures of the last five minutes, as the first item of a subscription to `stats` carries them. */
import type { FiguresHistory, ServerFigures } from '../figures.ts';

export const HISTORY_SECONDS = 300;
/** Names in a map of lists, so that a first item stays small whatever a server reports. */
const MOST_NAMES = 24;

type Plain = { [K in keyof FiguresHistory as FiguresHistory[K] extends number[] ? K : never]: true };
type Mapped = Exclude<keyof FiguresHistory, keyof Plain>;

const NUMBERS: Record<keyof Plain, (figures: ServerFigures) => number> = {
  at: ({ at }) => at,
  received: ({ events }) => events.received,
  stored: ({ events }) => events.stored,
  duplicates: ({ events }) => events.duplicates,
  rejected: ({ events }) => events.rejected,
  ackP50Ms: ({ ackMs }) => short(ackMs.p50),
  ackP95Ms: ({ ackMs }) => short(ackMs.p95),
  ackP99Ms: ({ ackMs }) => short(ackMs.p99),
  commitP95Ms: ({ commitMs }) => short(commitMs.p95),
  level: ({ pressure }) => short(pressure.level),
  granted: ({ credit }) => credit.granted,
  outstanding: ({ credit }) => credit.outstanding,
  ledgerGap: ({ ledgerGap }) => ledgerGap,
  lag: ({ processor }) => processor?.lag ?? 0,
  publishers: ({ connections }) => connections.publishers,
  subscribers: ({ connections }) => connections.subscribers,
  memoryBytes: ({ memoryBytes }) => memoryBytes,
};
const MAPS: Record<Mapped, (figures: ServerFigures) => Record<string, number>> = {
  byType: ({ events }) => events.byType,
  byAction: ({ events }) => events.byAction,
  rejectedByCode: ({ events }) => events.rejectedByCode,
};

export class History {
  private readonly seconds: ServerFigures[] = [];

  add(figures: ServerFigures): void {
    this.seconds.push(figures);
    if (this.seconds.length > HISTORY_SECONDS) this.seconds.shift();
  }

  get value(): FiguresHistory {
    const { seconds } = this;
    const numbers = Object.entries(NUMBERS).map(([name, read]) => [name, seconds.map(read)]);
    const maps = Object.entries(MAPS).map(([name, read]) => [name, lists(seconds.map(read))]);
    return Object.fromEntries([...numbers, ...maps]) as unknown as FiguresHistory;
  }
}

function lists(maps: readonly Record<string, number>[]): Record<string, number[]> {
  const names = new Set(maps.flatMap((map) => Object.keys(map)));
  return Object.fromEntries([...names].slice(0, MOST_NAMES).map((name) => [name, maps.map((map) => map[name] ?? 0)]));
}

/** A hundredth is as exact as a picture needs it. */
function short(value: number): number {
  return Math.round(value * 100) / 100;
}
