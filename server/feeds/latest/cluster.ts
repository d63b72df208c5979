/**
 * The figures of several servers as one. What counts things is added up. Quantiles cannot be: the worst server's are shown, and so are
 * its pressure, its state, and the weakest durability.
 */
import type { FeedTrack, ProcessorFigures, Quantiles, ServerFigures } from '../figures.ts';

const MOST_TRACKS = 20;
const ENGINE_STATES = ['ok', 'slow', 'failing'] as const;
const PROCESSOR_STATES = ['running', 'waiting', 'starting'] as const;

/** At least one. */
export function addFigures(all: readonly ServerFigures[]): ServerFigures {
  const events = all.map((figures) => figures.events);
  const credits = all.map(({ credit }) => credit);
  const connections = all.map((figures) => figures.connections);
  const engines = all.map(({ engine }) => engine);
  return {
    server: 'cluster',
    at: Math.max(...all.map(({ at }) => at)),
    events: {
      received: sum(events, ({ received }) => received),
      stored: sum(events, ({ stored }) => stored),
      duplicates: sum(events, ({ duplicates }) => duplicates),
      rejected: sum(events, ({ rejected }) => rejected),
      byType: merge(
        events.map(({ byType }) => byType),
        add,
      ),
      byAction: merge(
        events.map(({ byAction }) => byAction),
        add,
      ),
      rejectedByCode: merge(
        events.map(({ rejectedByCode }) => rejectedByCode),
        add,
      ),
    },
    ackMs: worst(all.map(({ ackMs }) => ackMs)),
    commitMs: worst(all.map(({ commitMs }) => commitMs)),
    slabEvents: worst(all.map(({ slabEvents }) => slabEvents)),
    pressure: {
      level: Math.max(...all.map(({ pressure }) => pressure.level)),
      parts: merge(
        all.map(({ pressure }) => pressure.parts),
        Math.max,
      ),
    },
    credit: {
      granted: sum(credits, ({ granted }) => granted),
      outstanding: sum(credits, ({ outstanding }) => outstanding),
      budget: sum(credits, ({ budget }) => budget),
    },
    ledgerGap: sum(all, ({ ledgerGap }) => ledgerGap),
    connections: {
      publishers: sum(connections, ({ publishers }) => publishers),
      subscribers: sum(connections, ({ subscribers }) => subscribers),
      opening: sum(connections, ({ opening }) => opening),
    },
    engine: {
      name: engines[0]!.name,
      durability: engines.map(({ durability }) => durability).sort((a, b) => strength(a) - strength(b))[0]!,
      state: last(
        ENGINE_STATES,
        engines.map(({ state }) => state),
      ),
    },
    memoryBytes: sum(all, ({ memoryBytes }) => memoryBytes),
    processor: addProcessors(all.flatMap(({ processor }) => processor ?? [])),
    topTracks: addTracks(all.flatMap(({ topTracks }) => topTracks)),
  };
}

/** Each process tails all partitions for an index of its own: it is shown once, as the one that is farthest behind. */
function addProcessors(all: readonly ProcessorFigures[]): ProcessorFigures | null {
  if (all.length === 0) return null;
  const indexes = all.map(({ index }) => index);
  return {
    state: last(
      PROCESSOR_STATES,
      all.map(({ state }) => state),
    ),
    partitions: all.flatMap(({ partitions }) => partitions).sort((a, b) => a.partition - b.partition),
    lag: sum(all, ({ lag }) => lag),
    oldestMs: Math.max(...all.map(({ oldestMs }) => oldestMs)),
    foldedPerSecond: sum(all, ({ foldedPerSecond }) => foldedPerSecond),
    poisoned: sum(all, ({ poisoned }) => poisoned),
    index: {
      state: indexes.some(({ state }) => state === 'loading') ? 'loading' : 'ready',
      events: Math.min(...indexes.map(({ events }) => events)),
      sessions: Math.min(...indexes.map(({ sessions }) => sessions)),
      bytes: sum(indexes, ({ bytes }) => bytes),
      lag: Math.max(...indexes.map(({ lag }) => lag)),
    },
  };
}

function addTracks(all: readonly FeedTrack[]): FeedTrack[] {
  const tracks = new Map<string, FeedTrack>();
  for (const track of all) {
    const known = tracks.get(track.track_id);
    tracks.set(track.track_id, { ...known, ...track, plays: (known?.plays ?? 0) + track.plays });
  }
  return [...tracks.values()].sort((a, b) => b.plays - a.plays).slice(0, MOST_TRACKS);
}

function worst(all: readonly Quantiles[]): Quantiles {
  const highest = (name: keyof Quantiles) => Math.max(...all.map((quantiles) => quantiles[name]));
  return { p50: highest('p50'), p95: highest('p95'), p99: highest('p99'), max: highest('max') };
}

function sum<T>(all: readonly T[], read: (one: T) => number): number {
  return all.reduce((total, one) => total + read(one), 0);
}

function add(a: number, b: number): number {
  return a + b;
}

function merge(
  maps: readonly Record<string, number>[],
  join: (a: number, b: number) => number,
): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const map of maps) {
    for (const [name, value] of Object.entries(map)) merged[name] = name in merged ? join(merged[name]!, value) : value;
  }
  return merged;
}

/** The one that stands last in the list of what there can be. */
function last<T>(order: readonly T[], found: readonly T[]): T {
  return order[Math.max(...found.map((one) => order.indexOf(one)))]!;
}

function strength(durability: string): number {
  const order = ['memory', 'os', 'fsync'].indexOf(durability);
  return order < 0 ? Number.POSITIVE_INFINITY : order;
}
