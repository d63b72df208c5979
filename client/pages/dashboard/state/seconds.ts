/** The history that the charts show: one record a second, ten minutes of them. Pure. */
import type { Stats, StatsHistory } from './stats.ts';

export interface Second {
  /** ms since 1970, the server's clock. */
  at: number;
  stored: number;
  /** Valid events per second by `KINDS`. */
  kinds: Readonly<Record<string, number>>;
  rejectedByCode: Readonly<Record<string, number>>;
  ackP50: number;
  ackP99: number;
  commitP95: number;
  /** From 0 to 1. */
  pressure: number;
  granted: number;
  outstanding: number;
  lag: number;
  publishers: number;
  subscribers: number;
}

export const HISTORY_MS = 600_000;
/** The actions, and all other types of events together. */
export const KINDS = ['play', 'complete', 'skip', 'pause', 'seek', 'like', 'dislike', 'other'] as const;
const INTERACTION = 'user_interaction';

export function secondOf(stats: Stats): Second {
  const { events, ackMs, commitMs, credit, connections } = stats;
  return {
    at: stats.at,
    stored: events.stored,
    kinds: kindsOf(events.byAction, events.byType),
    rejectedByCode: events.rejectedByCode,
    ackP50: ackMs.p50,
    ackP99: ackMs.p99,
    commitP95: commitMs.p95,
    pressure: stats.pressure.level,
    granted: credit.granted,
    outstanding: credit.outstanding,
    lag: stats.processor?.lag ?? 0,
    publishers: connections.publishers,
    subscribers: connections.subscribers,
  };
}

export function secondsOf(history: StatsHistory): Second[] {
  return history.at.map((at, i) => ({
    at,
    stored: history.stored[i]!,
    kinds: kindsOf(pick(history.byAction, i), pick(history.byType, i)),
    rejectedByCode: pick(history.rejectedByCode, i),
    ackP50: history.ackP50Ms[i]!,
    ackP99: history.ackP99Ms[i]!,
    commitP95: history.commitP95Ms[i]!,
    pressure: history.level[i]!,
    granted: history.granted[i]!,
    outstanding: history.outstanding[i]!,
    lag: history.lag[i]!,
    publishers: history.publishers[i]!,
    subscribers: history.subscribers[i]!,
  }));
}

/** `more`, rising in time, takes the place of what stands from its first second on; what is too old goes. */
export function append(seconds: readonly Second[], more: readonly Second[]): readonly Second[] {
  const [first] = more;
  if (!first) return seconds;
  const from = more.at(-1)!.at - HISTORY_MS;
  return [...seconds.filter(({ at }) => at < first.at && at > from), ...more.filter(({ at }) => at > from)];
}

function kindsOf(byAction: Record<string, number>, byType: Record<string, number>): Record<string, number> {
  let other = 0;
  for (const type in byType) if (type !== INTERACTION) other += byType[type]!;
  return other > 0 ? { ...byAction, other } : byAction;
}

/** What each list has at this second; zeros are left out. */
function pick(lists: Record<string, number[]>, i: number): Record<string, number> {
  const values: Record<string, number> = {};
  for (const name in lists) if (lists[name]![i]) values[name] = lists[name]![i]!;
  return values;
}
