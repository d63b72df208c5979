/** Events as players send them and as `gapless log read --json` shows them: NDJSON, or one JSON array. */
import type { StoredEvent } from '../../format/model.ts';
import { parseTimestamp } from '../../protocol/events/timestamp.ts';
import { type Signal, signalOf } from '../../server/features/signal.ts';
import { type SessionLog, TENANT } from '../../server/recommend/evaluate/session-log.ts';
import type { Catalogue } from '../../workers/catalogue.ts';
import { CommandError } from '../errors.ts';
import { parseEventLine } from '../input/event-line.ts';
import { readLines } from '../input/lines.ts';
import type { Input } from './input.ts';

/** An array has to be read whole. */
const MAX_ARRAY_BYTES = 256 * 1024 * 1024;

/** Throws CommandError with the number of the line that cannot be read. */
export async function readEventLines(
  { bytes }: Input,
  file: string,
  catalogue: Catalogue,
  log: SessionLog,
): Promise<void> {
  const reader = new EventReader(catalogue, log);
  for await (const { first, lines } of readLines(bytes)) {
    for (const [index, raw] of lines.entries()) {
      const line = parseEventLine(raw);
      const where = `${file} line ${first + index}`;
      if (line.kind === 'unreadable') throw new CommandError(`${where} ${line.message}`, LEAVE_OUT);
      if (line.kind === 'event') reader.add(line.event, where);
    }
  }
}

/** As above, for `[{...}, {...}]`; `where` counts elements. */
export async function readEventArray(
  { bytes }: Input,
  file: string,
  catalogue: Catalogue,
  log: SessionLog,
): Promise<void> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ARRAY_BYTES) {
      throw new CommandError(`${file} is an array of more than 256 MiB`, "Make lines of it: jq -c '.[]' FILE");
    }
  }
  let events: unknown;
  try {
    events = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`, 'Check that the file is whole.');
  }
  const reader = new EventReader(catalogue, log);
  for (const [index, event] of (events as unknown[]).entries()) {
    const where = `${file} element ${index + 1}`;
    if (typeof event !== 'object' || event === null) throw new CommandError(`${where} is no object`, LEAVE_OUT);
    reader.add(event as Record<string, unknown>, where);
  }
}

class EventReader {
  private readonly catalogue: Catalogue;
  private readonly log: SessionLog;
  /** The track that each session has paused: playing it on is not another choice of it. */
  private readonly paused = new Map<string, string>();

  constructor(catalogue: Catalogue, log: SessionLog) {
    this.catalogue = catalogue;
    this.log = log;
  }

  add(event: Record<string, unknown>, where: string): void {
    if (typeof event.type !== 'string') {
      throw new CommandError(`${where} has no type`, 'It has to be an event as players send it, or a table of clicks.');
    }
    const at = timeOf(event);
    if (Number.isNaN(at)) throw new CommandError(`${where} has no timestamp`, LEAVE_OUT);
    if (typeof event.user_id !== 'string') throw new CommandError(`${where} has no user_id`, LEAVE_OUT);
    const signal = signalOf({ ...event, tenant: TENANT, event_time: at } as unknown as StoredEvent);
    if (signal === null || this.goesOn(signal)) return;
    const { artist, genre } = this.catalogue.track(signal.track) ?? {};
    this.log.add({ ...signal, artist: signal.artist ?? artist, genre: signal.genre ?? genre });
  }

  private goesOn({ kind, user, session, track }: Signal): boolean {
    const key = `${user}\0${session}`;
    const paused = this.paused.get(key);
    if (kind === 'pause') this.paused.set(key, track);
    else if (kind !== 'seek') this.paused.delete(key);
    return kind === 'play' && paused === track;
  }
}

/** ms since 1970 by the log's corrected time, else by the client's. */
function timeOf({ event_time, timestamp, received_at }: Record<string, unknown>): number {
  for (const value of [event_time, timestamp, received_at]) {
    if (typeof value === 'number') return value;
    if (typeof value === 'string') return parseTimestamp(value);
  }
  return Number.NaN;
}

const LEAVE_OUT = 'Put it right, or leave it out.';
