/**
 * The open sessions of the listeners whose partition this process owns. Interest brings a list at once; then each change of the listener's
 * behaviour does, as `LivePolicy` says, if the list differs. What the server itself stores is no behaviour: `ListenerState.changes`
 * tells. All of it is memory: a new owner hears of the same interest and begins anew.
 */
import { partitionOf } from '../../../format/partition.ts';
import { encodeMessage } from '../../bus/message.ts';
import { type InterestMessage, type ListMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import { userGroup } from '../../features/groups.ts';
import type { OwnedUsers } from '../../processor/owned.ts';
import type { ListenerState } from '../lists/listener-state.ts';
import { listenerKey, slotKey } from '../lists/projection.ts';
import type { SlotState } from '../lists/slot.ts';
import type { RecommendationList } from '../port.ts';
import { parseRecommendationId } from '../recommendation-id.ts';
import { answeredList } from '../served.ts';
import { LiveSession } from './live-session.ts';
import type { ListServer } from './server.ts';

export interface LiveSessionsOptions {
  users: OwnedUsers;
  server: Pick<ListServer, 'refresh'>;
  bus: LiveBus;
  partitions: number;
  /** Default 20,000. */
  maxSessions?: number;
}

const MAX_SESSIONS = 20_000;
const SWEEP_MS = 1_000;
const RETRY_MS = 1_000;

export class LiveSessions {
  private readonly options: LiveSessionsOptions;
  /** By group of the user, count and model. */
  private readonly sessions = new Map<string, LiveSession>();
  private readonly byGroup = new Map<string, Set<LiveSession>>();
  /** Sessions whose user something was folded of, by partition, until it is known whether that was behaviour. */
  private readonly folded = new Map<number, Set<LiveSession>>();
  private readonly timer: NodeJS.Timeout;

  constructor(options: LiveSessionsOptions) {
    this.options = options;
    this.timer = setInterval(() => this.sweep(), SWEEP_MS);
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Somebody watches. Beyond the bound it is not heard. */
  interest(message: InterestMessage): void {
    const { tenant, userId, count, model, inbox, have } = message;
    const request = { tenant, userId, count, model };
    const name = nameOf(request);
    const now = performance.now();
    const known = this.sessions.get(name);
    if (known) {
      known.watch(inbox, now);
      if (known.last && have !== known.last.recommendation_id) this.send(known, known.last, [inbox]);
      // It may be better founded by now.
      if (known.last?.degraded) this.change(known);
      return;
    }
    if (this.sessions.size >= (this.options.maxSessions ?? MAX_SESSIONS)) return;
    const partition = partitionOf(tenant, userId, this.options.partitions);
    const session = new LiveSession(request, partition, now);
    session.watch(inbox, now);
    this.sessions.set(name, session);
    const group = userGroup(tenant, userId);
    const ofUser = this.byGroup.get(group) ?? new Set();
    this.byGroup.set(group, ofUser.add(session));
    void this.begin(session, have);
  }

  /** Takes over the list that the watcher has from an owner before, so that it comes again only if it would differ. */
  private async begin(session: LiveSession, have: string | undefined): Promise<void> {
    const place = parseRecommendationId(have);
    if (place) {
      const { tenant, userId } = session.request;
      session.busy = true;
      try {
        const key = slotKey(tenant, userId, place.slot);
        const [{ list }] = (await this.options.users.current(session.partition, [key])) as [SlotState];
        if (list && list.recommendationId === have) session.last = answeredList(userId, list);
      } catch {
        // Then it gets a new one.
      }
      session.busy = false;
    }
    this.schedule(session);
  }

  /** Records of these users were folded anew. */
  onFolded(partition: number, groups: ReadonlySet<string>): void {
    if (this.byGroup.size === 0) return;
    for (const group of groups) for (const session of this.byGroup.get(group) ?? []) this.suspect(session, partition);
  }

  /** Something was folded of the session's user. While a list is being made it is not known yet what that list saw. */
  private suspect(session: LiveSession, partition: number): void {
    if (session.busy) {
      session.suspected = true;
      return;
    }
    const waiting = this.folded.get(partition);
    if (waiting) {
      waiting.add(session);
      return;
    }
    this.folded.set(partition, new Set([session]));
    void this.judge(partition);
  }

  /** Finds out whose behaviour changed. */
  private async judge(partition: number): Promise<void> {
    for (let sessions = this.folded.get(partition); sessions && sessions.size > 0; ) {
      const some = [...sessions];
      sessions.clear();
      try {
        const keys = some.map(({ request: { tenant, userId } }) => listenerKey(tenant, userId));
        const states = (await this.options.users.current(partition, keys)) as ListenerState[];
        some.forEach((session, i) => {
          if (session.busy) session.suspected = true;
          else if (states[i]!.changes !== session.changes) this.change(session);
        });
      } catch {
        // Better one look too many.
        for (const session of some) this.change(session);
      }
    }
    this.folded.delete(partition);
  }

  private change(session: LiveSession): void {
    session.policy.changed(performance.now());
    this.schedule(session);
  }

  private schedule(session: LiveSession): void {
    const { dueAt } = session.policy;
    if (session.busy || dueAt === null || !this.isOpen(session)) return;
    session.end();
    const wait = dueAt - performance.now();
    if (wait <= 0) void this.refresh(session);
    else session.timer = setTimeout(() => this.schedule(session), wait);
  }

  private async refresh(session: LiveSession): Promise<void> {
    session.busy = true;
    session.policy.begun(performance.now());
    try {
      const { changes, list } = await this.options.server.refresh(session.request, (draft) => session.isNews(draft));
      session.changes = changes;
      if (list) {
        session.last = list;
        this.send(session, list, session.inboxes());
      }
    } catch {
      session.policy.failed(performance.now() + RETRY_MS);
    }
    session.busy = false;
    if (session.suspected) {
      session.suspected = false;
      this.suspect(session, session.partition);
    }
    this.schedule(session);
  }

  private send({ request: { tenant } }: LiveSession, list: RecommendationList, inboxes: Iterable<string>): void {
    const bytes = encodeMessage({ kind: 'list', tenant, list } satisfies ListMessage);
    for (const inbox of inboxes) this.options.bus.publish(TOPICS.inbox(inbox), bytes);
  }

  private isOpen(session: LiveSession): boolean {
    return this.sessions.get(nameOf(session.request)) === session;
  }

  private sweep(): void {
    const now = performance.now();
    for (const session of this.sessions.values()) if (!session.sweep(now)) this.forget(session);
  }

  /** The partition is another's now: its owner hears of the same interest. */
  onLost(partition: number): void {
    for (const session of this.sessions.values()) if (session.partition === partition) this.forget(session);
  }

  private forget(session: LiveSession): void {
    session.end();
    const { tenant, userId } = session.request;
    const group = userGroup(tenant, userId);
    this.sessions.delete(nameOf(session.request));
    const ofUser = this.byGroup.get(group);
    ofUser?.delete(session);
    if (ofUser?.size === 0) this.byGroup.delete(group);
  }

  close(): void {
    clearInterval(this.timer);
    for (const session of this.sessions.values()) this.forget(session);
  }
}

function nameOf({ tenant, userId, count, model }: LiveSession['request']): string {
  return `${userGroup(tenant, userId)}\0${count}\0${model}`;
}
