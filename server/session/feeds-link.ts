/**
 * Between the connections of the main thread and the feeds' thread, which has their subscriptions: passes frames on and nothing else.
 * What a clogged socket does not take waits here; the thread is told what was taken, and never has more than a window on its way.
 */
import type { Message } from '../../protocol/codec.ts';
import type { Subscribe, Unsubscribed } from '../../protocol/frames.ts';
import type { Subprotocol } from '../../protocol/limits.ts';
import { codecFor } from '../../protocol/wire.ts';
import { type FeatureAnswer, type FeatureRequest, FeatureRequestError } from '../features/request.ts';
import type { ServerFigures } from '../feeds/figures.ts';
import { type Access, type FeedsOwner, type FeedsThread, IN_FLIGHT_BYTES, messageBytes } from '../feeds/port.ts';
import type { RecommendationList, RecommendationRequest } from '../recommend/port.ts';
import { UnavailableError } from '../recommend/unavailable.ts';

/** A connection as subscriptions need it. */
export interface SubscribingConnection {
  readonly socket: { readonly subprotocol: Subprotocol };
  /** A frame of a subscription. `clogged`: it was taken, and no more should come until the connection says that it is drained. */
  deliver(message: Message): 'sent' | 'clogged' | 'failed';
  /** The client broke the protocol. */
  violate(message: string): void;
}

/** The thread is told after so many bytes: a call for each frame would cost more than the frame. */
const TELL_BYTES = IN_FLIGHT_BYTES / 8;

interface Linked {
  id: number;
  connection: SubscribingConnection;
  /** Whether the thread, in its present life, knows of it. */
  known: boolean;
  /** Asked for, and not ended. */
  subs: Set<number>;
  /** What waits for a clogged socket, and the bytes of what clogged it. */
  held: Message[];
  /** How many of them, the first, no thread waits to hear of: they are of one that is gone. */
  orphaned: number;
  clogged: boolean;
  cloggedBytes: number;
  /** Taken, and not told yet. */
  untold: number;
}

export class FeedsLink {
  /** What the thread calls. */
  readonly owner: FeedsOwner = {
    frames: (id, messages, ended) => this.frames(id, messages, ended),
    violation: (id, message) => this.byId.get(id)?.connection.violate(message),
    recommend: async (request) => {
      if (!this.recommender) throw new UnavailableError('nobody here recommends');
      return this.recommender(request);
    },
  };
  /** Makes a list where a user's owner sends none. */
  recommender: ((request: RecommendationRequest) => Promise<RecommendationList>) | null = null;
  private thread: FeedsThread | null = null;
  private readonly linked = new Map<SubscribingConnection, Linked>();
  private readonly byId = new Map<number, Linked>();
  private lastId = 0;

  /** The thread is there. */
  attach(thread: FeedsThread): void {
    this.thread = thread;
  }

  /** The thread is gone, and all subscriptions with it. Clients subscribe again, from the last offset. */
  detach(): void {
    this.thread = null;
    for (const linked of this.linked.values()) {
      linked.known = false;
      linked.untold = 0;
      linked.cloggedBytes = 0;
      linked.orphaned = linked.held.length;
      const ends = [...linked.subs].map((sub) => encoded(linked.connection, unavailable(sub)));
      linked.subs.clear();
      this.put(linked, ends, true);
    }
  }

  subscribe(connection: SubscribingConnection, frame: Subscribe, access: Access): void {
    const { thread } = this;
    if (!thread) return void connection.deliver(encoded(connection, unavailable(frame.sub)));
    const linked = this.linked.get(connection) ?? this.link(connection);
    if (!linked.known) thread.open(linked.id, connection.socket.subprotocol, access);
    linked.known = true;
    linked.subs.add(frame.sub);
    thread.subscribe(linked.id, frame);
  }

  private link(connection: SubscribingConnection): Linked {
    const id = ++this.lastId;
    const linked: Linked = {
      id,
      connection,
      known: false,
      subs: new Set(),
      held: [],
      orphaned: 0,
      clogged: false,
      cloggedBytes: 0,
      untold: 0,
    };
    this.linked.set(connection, linked);
    this.byId.set(id, linked);
    return linked;
  }

  flow(connection: SubscribingConnection, sub: number, limit: number): void {
    const linked = this.linked.get(connection);
    if (linked?.subs.has(sub)) this.thread?.flow(linked.id, sub, limit);
  }

  unsubscribe(connection: SubscribingConnection, sub: number): void {
    const linked = this.linked.get(connection);
    if (linked?.subs.has(sub)) this.thread?.unsubscribe(linked.id, sub);
  }

  /** The connection has a new token. */
  authorise(connection: SubscribingConnection, access: Access): void {
    const linked = this.linked.get(connection);
    if (linked?.known) this.thread?.authorise(linked.id, access);
  }

  /** The socket takes frames again. */
  drained(connection: SubscribingConnection): void {
    const linked = this.linked.get(connection);
    if (!linked?.clogged) return;
    linked.clogged = false;
    linked.untold += linked.cloggedBytes;
    const orphans = linked.held.splice(0, linked.orphaned);
    const rest = linked.held.splice(0);
    linked.orphaned = 0;
    this.put(linked, orphans, true);
    this.put(linked, rest);
  }

  closed(connection: SubscribingConnection): void {
    const linked = this.linked.get(connection);
    if (!linked) return;
    this.linked.delete(connection);
    this.byId.delete(linked.id);
    if (linked.known) this.thread?.close(linked.id);
  }

  private frames(id: number, messages: Message[], ended: number[]): void {
    const linked = this.byId.get(id);
    if (!linked) return;
    for (const sub of ended) linked.subs.delete(sub);
    this.put(linked, messages);
  }

  /** `orphans` are of a thread that is gone: the present one must not hear that more was taken than it sent. */
  private put(linked: Linked, messages: readonly Message[], orphans = false): void {
    for (const message of messages) {
      if (linked.clogged) {
        linked.held.push(message);
        if (orphans) linked.orphaned++;
        continue;
      }
      const result = linked.connection.deliver(message);
      if (result === 'failed') return;
      const bytes = orphans ? 0 : messageBytes(message);
      if (result === 'sent') linked.untold += bytes;
      else {
        linked.clogged = true;
        linked.cloggedBytes = bytes;
      }
    }
    if (linked.untold < TELL_BYTES || !linked.known) return;
    this.thread?.taken(linked.id, linked.untold);
    linked.untold = 0;
  }

  /** Subscriptions of all connections. */
  get subscriptions(): number {
    let count = 0;
    for (const { subs } of this.linked.values()) count += subs.size;
    return count;
  }

  /** This process's figures, once a second. */
  stats(figures: ServerFigures): void {
    this.thread?.stats(figures);
  }

  /** Throws FeatureRequestError, and any other error where features cannot be read now. */
  async lookup(request: FeatureRequest): Promise<FeatureAnswer> {
    if (!this.thread) throw new Error('the feeds thread is starting');
    const reply = await this.thread.lookup(request);
    if ('refused' in reply) throw new FeatureRequestError(reply.refused.code, reply.refused.message);
    return reply.answer;
  }
}

function unavailable(sub: number): Unsubscribed {
  return { op: 'UNSUBSCRIBED', sub, code: 'unavailable', message: 'feeds cannot be served now, subscribe again' };
}

function encoded({ socket }: SubscribingConnection, frame: Unsubscribed): Message {
  return codecFor(socket.subprotocol).encode(frame);
}
