/** The owner's side of recommendations: hears what is asked of the partitions that this process owns, and answers over the bus. */
import { decodeMessage, encodeMessage } from '../../bus/message.ts';
import {
  type AnswerMessage,
  type AskMessage,
  type InterestMessage,
  type OwnerMessage,
  TOPICS,
} from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import type { OwnedUsers } from '../../processor/owned.ts';
import { MODELS, type ModelName, type RecommendationRequest } from '../port.ts';
import { LiveSessions } from './live-sessions.ts';
import { ListServer, type ListServerOptions } from './server.ts';

export interface RecommenderOptions extends ListServerOptions {
  bus: LiveBus;
  maxSessions?: number;
}

export const COUNT_MAX = 100;
const KNOWN_MODELS: ReadonlySet<string> = new Set(MODELS);
/** A subscription on the bus may take a moment to stand: what is said at once may be said to nobody. */
const SAY_AGAIN_MS = 300;

export class Recommender {
  readonly server: ListServer;
  readonly sessions: LiveSessions;
  private readonly bus: LiveBus;
  private readonly users: OwnedUsers;
  private readonly subscriptions = new Map<number, () => void>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private closed = false;

  constructor(options: RecommenderOptions) {
    const { users, bus, partitions, maxSessions } = options;
    this.bus = bus;
    this.users = users;
    this.server = new ListServer(options);
    this.sessions = new LiveSessions({
      ...{ users, bus, partitions, server: this.server },
      ...(maxSessions !== undefined && { maxSessions }),
    });
    users.onFolded((partition, groups) => {
      if (!this.closed) this.sessions.onFolded(partition, groups);
    });
    users.onOwned((partition) => this.open(partition));
    users.onLost((partition) => this.leave(partition));
    for (let partition = 0; partition < partitions; partition++) if (users.owns(partition)) this.open(partition);
  }

  private open(partition: number): void {
    if (this.closed || this.subscriptions.has(partition)) return;
    const ends = [TOPICS.ask(partition), TOPICS.interest(partition)].map((topic) =>
      this.bus.subscribe(topic, (bytes) => this.hear(partition, bytes)),
    );
    this.subscriptions.set(partition, () => {
      for (const end of ends) end();
    });
    const bytes = encodeMessage({ partition } satisfies OwnerMessage);
    this.bus.publish(TOPICS.owner, bytes);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      if (this.subscriptions.has(partition)) this.bus.publish(TOPICS.owner, bytes);
    }, SAY_AGAIN_MS);
    this.timers.add(timer);
  }

  private leave(partition: number): void {
    this.subscriptions.get(partition)?.();
    this.subscriptions.delete(partition);
    this.sessions.onLost(partition);
  }

  private hear(partition: number, bytes: Uint8Array): void {
    const message = decodeMessage<AskMessage | InterestMessage>(bytes);
    if (message === null || typeof message.inbox !== 'string' || !this.users.owns(partition)) return;
    if (message.kind === 'ask') void this.answer(message as Partial<AskMessage> & { inbox: string });
    else if (message.kind === 'interest' && isInterest(message)) this.sessions.interest(message);
  }

  private async answer({ inbox, id, request }: Partial<AskMessage> & { inbox: string }): Promise<void> {
    if (typeof id !== 'string' || !isRequest(request)) return;
    let answer: AnswerMessage;
    try {
      answer = { kind: 'answer', id, list: await this.server.serve(request) };
    } catch {
      answer = { kind: 'answer', id, error: 'unavailable' };
    }
    if (!this.closed) this.bus.publish(TOPICS.inbox(inbox), encodeMessage(answer));
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const unsubscribe of this.subscriptions.values()) unsubscribe();
    this.subscriptions.clear();
    this.sessions.close();
  }
}

/** Messages may come from another version of the server. */
function isRequest(request: unknown): request is RecommendationRequest {
  if (typeof request !== 'object' || request === null) return false;
  const { tenant, userId, count, model } = request as Partial<RecommendationRequest>;
  return typeof tenant === 'string' && typeof userId === 'string' && isCount(count) && isModel(model);
}

function isInterest(message: Partial<InterestMessage>): message is InterestMessage {
  const { tenant, userId, count, model } = message;
  return typeof tenant === 'string' && typeof userId === 'string' && isCount(count) && isModel(model);
}

function isCount(count: unknown): count is number {
  return Number.isInteger(count) && (count as number) >= 1 && (count as number) <= COUNT_MAX;
}

function isModel(model: unknown): model is ModelName {
  return typeof model === 'string' && KNOWN_MODELS.has(model);
}
