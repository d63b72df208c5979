/**
 * Open sessions of listeners that do, every second or so, what must change their list: they play the first track of it. Measured is the
 * time from the acknowledgement of that event to the list that comes because of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type GaplessClient } from '../../client/node.ts';
import { Latencies } from '../generator/percentiles.ts';

/** Between a list and what the listener does next: longer than the quiet time after which a list comes at once. */
const PAUSE_MS = { least: 500, more: 1_000 };
const PATIENCE_MS = 10_000;

export interface SessionsReport {
  /** From the acknowledgement to the list; 0 where the list was first. */
  pushed: Latencies;
  /** From sending to the acknowledgement. */
  acknowledged: Latencies;
  /** From sending to the list. */
  whole: Latencies;
  faults: string[];
}

export async function measureSessions(url: string, sessions: number, seconds: number): Promise<SessionsReport> {
  const report: SessionsReport = {
    pushed: new Latencies(),
    acknowledged: new Latencies(),
    whole: new Latencies(),
    faults: [],
  };
  const until = performance.now() + seconds * 1_000;
  await Promise.all(Array.from({ length: sessions }, (_, n) => runSession(url, n, until, report)));
  return report;
}

/** The part of a list that is looked at. */
interface Pushed {
  at: number;
  tracks: string[];
}

async function runSession(url: string, n: number, until: number, report: SessionsReport): Promise<void> {
  const user = `live-${n}`;
  const client = connect({ url, producer: `live-${n}` });
  const lists = new Lists(client, user);
  try {
    let list = await lists.next(() => true);
    for (let plays = 1; ; plays++) {
      await sleep(PAUSE_MS.least + Math.random() * PAUSE_MS.more);
      if (performance.now() >= until) return;
      // Now and then a new session, so that there is always something left to play.
      const session = `${user}-${Math.floor(plays / 15)}`;
      list = await play(client, lists, { user, session, track: list.tracks[0]! }, report);
    }
  } catch (error) {
    report.faults.push(`${user}: ${(error as Error).message}`);
  } finally {
    await client.close();
  }
}

async function play(
  client: GaplessClient,
  lists: Lists,
  { user, session, track }: { user: string; session: string; track: string },
  report: SessionsReport,
): Promise<Pushed> {
  const event = { type: 'user_interaction', action: 'play', timestamp: Date.now(), user_id: user };
  const sent = performance.now();
  let acknowledged = 0;
  const stored = client.track({ ...event, session_id: session, track_id: track }).then(() => {
    acknowledged = performance.now();
  });
  const list = await lists.next(({ tracks }) => !tracks.includes(track));
  await stored;
  report.acknowledged.record(acknowledged - sent);
  report.pushed.record(Math.max(0, list.at - acknowledged));
  report.whole.record(list.at - sent);
  return list;
}

/** The lists of one listener as they come. */
class Lists {
  private wanted: { passes: (list: Pushed) => boolean; resolve: (list: Pushed) => void } | null = null;

  constructor(client: GaplessClient, user: string) {
    void this.read(client, user);
  }

  private async read(client: GaplessClient, user: string): Promise<void> {
    for await (const { value } of client.subscribe('recommendations', { key: user })) {
      const list = { at: performance.now(), tracks: value.tracks.map(({ track_id }) => track_id) };
      if (list.tracks.length === 0 || !this.wanted?.passes(list)) continue;
      this.wanted.resolve(list);
      this.wanted = null;
    }
  }

  /** The next one that passes. */
  next(passes: (list: Pushed) => boolean): Promise<Pushed> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no list within ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
      const done = (list: Pushed): void => {
        clearTimeout(timer);
        resolve(list);
      };
      this.wanted = { passes, resolve: done };
    });
  }
}
