/**
 * What the models of recommendations cost at a size: learns synthetic sessions of 10 to 20 plays, half of them skipped, then predicts for
 * sessions under way, then saves and loads a snapshot. One thread, no storage.
 *
 *   node --expose-gc dist/loadtest/micro/recommend.js [--sessions 1000000] [--tracks 100000] [--predictions 2000] [--model blend]
 *
 * Tracks follow Zipf's law and runs of one artist, as those of `gapless simulate` do. `learn` counts everything from the event object on.
 */
import { parseArgs } from 'node:util';
import { build } from 'hdr-histogram-js';
import type { StoredEvent } from '../../format/model.ts';
import { TenantModels } from '../../server/recommend/models/tenant-models.ts';
import { MODELS, type Query } from '../../server/recommend/port.ts';
import { type Catalogue, makeCatalogue } from '../listeners/index.ts';
import { Random } from '../listeners/random.ts';

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000000' },
    tracks: { type: 'string', default: '100000' },
    predictions: { type: 'string', default: '2000' },
  },
});
const [sessions, tracks, predictions] = [values.sessions, values.tracks, values.predictions].map(Number) as [
  number,
  number,
  number,
];
const START = Date.UTC(2026, 0, 1);
const SESSION_GAP_MS = 2_000;
/** Few enough that they are still in the cache of the CPU, as what was just decoded is. */
const BATCH = 50;
const MB = 1024 * 1024;

const random = new Random(1);
const catalogue = makeCatalogue({ seed: 1, tracks });

interface Play {
  track: number;
  skipped: boolean;
}

function drawSession(random: Random, catalogue: Catalogue): Play[] {
  const plays: Play[] = [];
  let track = catalogue.any(random);
  for (let left = random.int(10, 20); left > 0; left--) {
    plays.push({ track, skipped: random.chance(0.5) });
    track = random.chance(0.7) ? catalogue.sameArtist(random, track) : catalogue.any(random);
  }
  return plays;
}

/** As the log gives them: texts are new objects every time, as after decoding. */
function eventsOf(number: number, plays: readonly Play[]): StoredEvent[] {
  const events: StoredEvent[] = [];
  for (const [index, { track, skipped }] of plays.entries()) {
    const { id, artist, genre, duration_ms } = catalogue.tracks[track]!;
    const at = START + number * SESSION_GAP_MS + index * 180_000;
    for (const action of ['play', skipped ? 'skip' : 'complete']) {
      events.push({
        ...{ tenant: 'default', producer: 'p', epoch: 1, seq: 1, received_at: at, type: 'user_interaction' },
        user_id: fresh(`listener-${number % 200_000}`),
        session_id: fresh(`session-${number}`),
        track_id: fresh(id),
        action,
        ...(action === 'skip' && { position_ms: 9_000 }),
        track: { artist: fresh(artist), genre: fresh(genre), duration_ms },
      });
    }
  }
  return events;
}

function fresh(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const gc = (globalThis as { gc?: () => void }).gc;
/** Of the process, and of what its objects and typed arrays take; without what is free but not given back. */
function memory(): { rss: number; live: number } {
  gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss, live: heapUsed + arrayBuffers };
}

const before = memory();
const models = new TenantModels({ maxSessions: sessions });
let events = 0;
let learnMs = 0;
/** CPU time: what else runs on the machine does not change it. */
let learnCpuMs = 0;
for (let from = 0; from < sessions; from += BATCH) {
  const batch: StoredEvent[] = [];
  for (let number = from; number < Math.min(from + BATCH, sessions); number++) {
    for (const event of eventsOf(number, drawSession(random, catalogue))) batch.push(event);
  }
  const began = performance.now();
  const cpu = process.cpuUsage();
  for (const event of batch) models.learn({ partition: 0, position: ++events, event });
  const { user, system } = process.cpuUsage(cpu);
  learnMs += performance.now() - began;
  learnCpuMs += (user + system) / 1000;
}
const millions = sessions / 1e6;
const bytes = models.memoryBytes();
console.log(`learned    ${events} events of ${sessions} sessions, ${models.trackCount} tracks`);
const rate = (ms: number): string => `${Math.round((events / ms) * 1000)} events/s`;
console.log(`speed      ${rate(learnMs)}, by CPU time ${rate(learnCpuMs)}`);
console.log(
  `memory     ${(bytes / MB / millions).toFixed(0)} MiB per million sessions by their own count (${(bytes / MB).toFixed(0)} MiB)`,
);
const after = memory();
const perMillion = (bytes: number): string => `${(bytes / MB / millions).toFixed(0)} MiB`;
console.log(
  `process    ${perMillion(after.live - before.live)} of live memory per million sessions, rss ${perMillion(after.rss - before.rss)}${gc ? '' : ' (garbage included: run with --expose-gc)'}`,
);

const queries: Query[] = Array.from({ length: predictions }, () => {
  const plays = drawSession(random, catalogue).slice(0, random.int(1, 15));
  const at = START + sessions * SESSION_GAP_MS;
  const session = plays.map(({ track, skipped }) => ({
    track: catalogue.tracks[track]!.id,
    at,
    weight: skipped ? 0 : 1,
  }));
  const taste = (pick: (index: number) => string) =>
    Array.from({ length: 10 }, (_, n) => [pick(random.int(0, tracks - 1)), 10 - n] as const);
  return {
    ...{ tenant: 'default', at, session, count: 20 },
    artists: taste((index) => catalogue.tracks[index]!.artist),
    genres: taste((index) => catalogue.tracks[index]!.genre),
    exclude: new Set(session.map(({ track }) => track)),
  };
});
function cpuMicros(since: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(since);
  return ((user + system) / (predictions + WARM_UP)).toFixed(0);
}

const WARM_UP = 200;
for (const model of MODELS) {
  const micros = build({ lowestDiscernibleValue: 1, highestTrackableValue: 10_000_000 });
  const cpu = process.cpuUsage();
  for (const [index, query] of [...queries.slice(0, WARM_UP), ...queries].entries()) {
    const began = performance.now();
    models.predict(model, query);
    if (index >= WARM_UP) micros.recordValue(Math.max(1, Math.round((performance.now() - began) * 1000)));
  }
  const [p50, p95, p99] = [50, 95, 99].map((p) => `${micros.getValueAtPercentile(p)}`.padStart(6));
  console.log(
    `predict    ${model.padEnd(13)} p50 ${p50}  p95 ${p95}  p99 ${p99} us, mean by CPU time ${cpuMicros(cpu)} us`,
  );
}

const saveBegan = performance.now();
const chunks = [...models.chunks()];
const saveMs = performance.now() - saveBegan;
const size = chunks.reduce((sum, { length }) => sum + length, 0);
const loadBegan = performance.now();
const loaded = TenantModels.load(chunks, { maxSessions: sessions });
const loadMs = performance.now() - loadBegan;
console.log(
  `snapshot   ${(size / MB).toFixed(0)} MiB, out ${saveMs.toFixed(0)} ms, in ${loadMs.toFixed(0)} ms, ${loaded.sessions} sessions`,
);
