/** Puts together the figures of one second of this process. */
import { ACTIONS } from '../../protocol/events.ts';
import type { FeedTrack, ProcessorFigures, ServerFigures } from '../feeds/figures.ts';
import type { Metrics } from './metrics.ts';
import { ownMemory } from './own-memory.ts';

export interface FigureSources {
  /** This process. */
  server: string;
  engine: string;
  metrics: Metrics;
  durability(): string;
  pressure(): { level: number; parts: Record<string, number> };
  credit(): { granted: number; outstanding: number; budget: number };
  connections(): { publishers: number; subscribers: number; opening: number };
  /** How long the oldest append has waited for its answer, seconds. */
  oldestAppend(): number;
  /** The last figures of this process's processor, null where it has none. */
  processor(): { figures: ProcessorFigures; topTracks: FeedTrack[] } | null;
}

/** Storage that has not answered for this long is `failing`; seconds. */
const FAILING_AFTER = 5;
/** Pressure of storage from which on it is `slow`. */
const SLOW_FROM = 0.5;
const INTERACTIONS: ReadonlySet<string> = new Set(ACTIONS);

/** `seconds` since the last call: rates are per second. Everything counted begins anew. */
export function takeFigures(sources: FigureSources, at: number, seconds: number): ServerFigures {
  const recent = sources.metrics.takeRecent();
  const rate = (events: number) => Math.round((events / seconds) * 10) / 10;
  const rates = (counts: Record<string, number>) =>
    Object.fromEntries(Object.entries(counts).map(([name, events]) => [name, rate(events)]));
  const byAction: Record<string, number> = {};
  const byType: Record<string, number> = {};
  for (const [kind, events] of Object.entries(recent.byKind)) {
    const interaction = INTERACTIONS.has(kind);
    const type = interaction ? 'user_interaction' : kind;
    byType[type] = (byType[type] ?? 0) + events;
    if (interaction) byAction[kind] = events;
  }
  const pressure = sources.pressure();
  const processor = sources.processor();
  return {
    server: sources.server,
    at,
    events: {
      received: rate(recent.received),
      stored: rate(recent.stored),
      duplicates: rate(recent.duplicates),
      rejected: rate(recent.rejected),
      byType: rates(byType),
      byAction: rates(byAction),
      rejectedByCode: rates(recent.rejectedByCode),
    },
    ackMs: recent.ackMs,
    commitMs: recent.commitMs,
    slabEvents: recent.slabEvents,
    pressure,
    credit: sources.credit(),
    ledgerGap: sources.metrics.ledger().gap,
    connections: sources.connections(),
    engine: { name: sources.engine, durability: sources.durability(), state: storageState(pressure.parts, sources) },
    memoryBytes: ownMemory(),
    processor: processor?.figures ?? null,
    topTracks: processor?.topTracks ?? [],
  };
}

function storageState(parts: Record<string, number>, { oldestAppend }: FigureSources): 'ok' | 'slow' | 'failing' {
  if (oldestAppend() >= FAILING_AFTER) return 'failing';
  return (parts.storage ?? 0) >= SLOW_FROM ? 'slow' : 'ok';
}
