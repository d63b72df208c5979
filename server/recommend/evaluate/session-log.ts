/** A log of sessions in memory, by event time: some 40 bytes for each event. */
import type { Signal, SignalKind } from '../../features/signal.ts';
import { Column } from '../models/column.ts';
import { Interner } from '../models/interner.ts';

/** What the events are said to belong to. */
export const TENANT = 'evaluation';
const KINDS: readonly SignalKind[] = ['play', 'skip', 'listen', 'complete', 'like', 'dislike'];
const NONE = -1;

export type LoggedEvent = Omit<Signal, 'tenant' | 'seconds' | 'device' | 'recommendation'>;

export class SessionLog {
  readonly tracks = new Interner();
  private readonly users = new Interner();
  private readonly sessions = new Interner();
  private readonly at = new Column(Float64Array);
  private readonly kinds = new Column(Uint8Array);
  private readonly userOf = new Column(Int32Array);
  private readonly sessionOf = new Column(Int32Array);
  private readonly trackOf = new Column(Int32Array);
  private readonly attributes: { artist?: string; genre?: string }[] = [];
  /** Places in the columns, by time. */
  private order = new Uint32Array(0);
  size = 0;
  /** Whether any track has an artist or genre. */
  hasAttributes = false;

  /** Kinds that say nothing of a track's place in a session (`pause`, `seek`) are left out. */
  add(event: LoggedEvent): void {
    const kind = KINDS.indexOf(event.kind);
    if (kind < 0) return;
    const place = this.size++;
    for (const column of [this.at, this.kinds, this.userOf, this.sessionOf, this.trackOf]) column.ensure(this.size);
    this.at.data[place] = event.at;
    this.kinds.data[place] = kind;
    this.userOf.data[place] = this.users.intern(event.user);
    this.sessionOf.data[place] =
      event.session === undefined ? NONE : this.sessions.intern(`${event.user}\0${event.session}`);
    const track = this.tracks.intern(event.track);
    this.trackOf.data[place] = track;
    this.attributes[track] ??= {};
    if (event.artist !== undefined) this.attributes[track]!.artist = event.artist;
    if (event.genre !== undefined) this.attributes[track]!.genre = event.genre;
    this.hasAttributes ||= event.artist !== undefined || event.genre !== undefined;
  }

  /** By event time; what happened at one moment stays in the order of the file. */
  sort(): void {
    this.order = Uint32Array.from({ length: this.size }, (_, place) => place);
    const at = this.at.data;
    this.order.sort((a, b) => at[a]! - at[b]! || a - b);
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** ms since 1970 of event n in the order of time. */
  time(n: number): number {
    return this.at.data[this.order[n]!]!;
  }

  /** The number of its session, or -1. */
  session(n: number): number {
    return this.sessionOf.data[this.order[n]!]!;
  }

  /** The number of its track. */
  track(n: number): number {
    return this.trackOf.data[this.order[n]!]!;
  }

  signal(n: number): Signal {
    const place = this.order[n]!;
    const track = this.trackOf.data[place]!;
    const session = this.sessionOf.data[place]!;
    return {
      kind: KINDS[this.kinds.data[place]!]!,
      tenant: TENANT,
      user: this.users.text(this.userOf.data[place]!),
      session: session === NONE ? undefined : String(session),
      track: this.tracks.text(track),
      at: this.at.data[place]!,
      seconds: 0,
      artist: this.attributes[track]!.artist,
      genre: this.attributes[track]!.genre,
    };
  }
}
