/** `gapless simulate --out`: events as NDJSON, and what to say about them. */
import { type Catalogue, DEFAULT_START_MS, listeners } from '../../loadtest/listeners/index.ts';
import { onInterrupt } from '../interrupt.ts';
import { note, perSecond, plural, printJson, seconds } from '../output.ts';
import type { SimulateFlags } from './flags.ts';
import { writeEvents } from './to-file.ts';

/** Servers refuse events from further ahead. */
const FUTURE_MS = 5 * 60_000;

export async function simulateToFile(
  flags: SimulateFlags,
  name: string,
  seed: number,
  catalogue: Catalogue,
): Promise<void> {
  const { users, sessionsPerDay, start: startMs = DEFAULT_START_MS } = flags;
  const extent = {
    events: flags.events ?? Number.POSITIVE_INFINITY,
    endMs: startMs + (flags.duration ?? Number.POSITIVE_INFINITY),
  };
  const interruption = onInterrupt();
  const beganMs = performance.now();
  const source = listeners({ seed, users, sessionsPerDay, startMs, catalogue });
  const written = await writeEvents(source, extent, name, interruption.signal);
  interruption.release();
  const ms = performance.now() - beganMs;
  if (written.lastMs > Date.now() + FUTURE_MS) {
    note(
      `The last event happens on ${new Date(written.lastMs).toISOString()}: a server refuses what is in the future. Use an earlier --start, or more --users.`,
    );
  }
  const summary = {
    events: written.events,
    seed,
    from: new Date(startMs).toISOString(),
    to: isoOrNull(written.lastMs),
    seconds: ms / 1000,
  };
  if (flags.json && name !== '-') printJson({ file: name, ...summary });
  else if (flags.json) note(JSON.stringify(summary));
  else note(`${plural(written.events, 'event')} in ${seconds(ms)} (${perSecond(written.events, ms)}), seed ${seed}`);
  process.exitCode = interruption.exitCode();
}

function isoOrNull(ms: number): string | null {
  return ms > 0 ? new Date(ms).toISOString() : null;
}
