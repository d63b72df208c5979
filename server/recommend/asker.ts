/**
 * The gateway's side: asks the owner of a listener's partition for a list. Where no answer comes in time, what is popular stands in, and
 * says so (`degraded`), nothing at all where this process has heard of nothing popular; that list too is in the log before it is shown. Runs on the main thread and does next to nothing.
 */
import { partitionOf } from '../../format/partition.ts';
import { decodeMessage, encodeMessage } from '../bus/message.ts';
import { type AnswerMessage, type AskMessage, type PopularMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { ProcessorOwner } from '../processor/port.ts';
import { popularList } from './popular-list.ts';
import type { RecommendationList, RecommendationRequest } from './port.ts';
import { servedEvent } from './served.ts';
import { UnavailableError } from './unavailable.ts';

export interface AskerOptions {
  bus: LiveBus;
  /** Name of this process. */
  process: string;
  partitions: number;
  /** Puts a degraded list into the log. */
  store: ProcessorOwner['store'];
  /** How long an owner may take, ms. A process that has no index of its own gives up sooner, since the owner is another one. */
  timeoutMs: number;
  /** Answers that are waited for at once; default 10,000. */
  maxWaiting?: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
}

/** Time for an owner in another process, and in this one. */
export const REMOTE_TIMEOUT_MS = 50;
export const LOCAL_TIMEOUT_MS = 500;

const MAX_WAITING = 10_000;
/** Where a list for the request stands in the log already, its owner's answer is worth waiting for. */
const STORED_TIMEOUT_MS = 1_000;
const TENANTS_MAX = 10_000;

/** What came of a question: null for no answer in time, or a refusal. */
type Heard = RecommendationList | null;

export class Asker {
  private readonly options: AskerOptions;
  private readonly inbox: string;
  private readonly waiting = new Map<string, (heard: Heard) => void>();
  private readonly popular = new Map<string, PopularMessage>();
  private readonly unsubscribes: (() => void)[];
  private asked = 0;
  private closed = false;

  constructor(options: AskerOptions) {
    const { bus, process } = options;
    this.options = options;
    // Not the inbox of the feeds: every list that is pushed to this process would come by.
    this.inbox = `${process}:answers`;
    this.unsubscribes = [
      bus.subscribe(TOPICS.inbox(this.inbox), (bytes) => this.hear(bytes)),
      bus.subscribe(TOPICS.popular, (bytes) => this.hearPopular(bytes)),
    ];
  }

  /** Throws UnavailableError where the log does not take a list. */
  async ask(request: RecommendationRequest): Promise<RecommendationList> {
    const heard = await this.question(request, this.options.timeoutMs);
    if (heard) return heard;
    const list = popularList(request, this.popular.get(request.tenant)?.tracks ?? [], this.now());
    if ((await this.store(request, list)) === 'stored') return list;
    // The owner was slower, not silent: its list is in the log, and no other may be shown for this request.
    const late = await this.question(request, STORED_TIMEOUT_MS);
    if (late) return late;
    throw new UnavailableError('the list of this request cannot be read now');
  }

  private question(request: RecommendationRequest, timeoutMs: number): Promise<Heard> {
    const { bus, partitions, maxWaiting = MAX_WAITING } = this.options;
    if (this.closed || this.waiting.size >= maxWaiting) return Promise.resolve(null);
    const id = String(++this.asked);
    const message: AskMessage = { kind: 'ask', inbox: this.inbox, id, request };
    return new Promise((resolve) => {
      const done = (heard: Heard): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(heard);
      };
      const timer = setTimeout(() => done(null), timeoutMs);
      this.waiting.set(id, done);
      bus.publish(TOPICS.ask(partitionOf(request.tenant, request.userId, partitions)), encodeMessage(message));
    });
  }

  private async store(request: RecommendationRequest, list: RecommendationList): Promise<'stored' | 'duplicate'> {
    try {
      return await this.options.store(servedEvent(request, list));
    } catch (cause) {
      throw new UnavailableError('the list could not be stored', { cause });
    }
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<AnswerMessage>(bytes);
    if (message?.kind !== 'answer' || typeof message.id !== 'string') return;
    this.waiting.get(message.id)?.(message.list ?? null);
  }

  private hearPopular(bytes: Uint8Array): void {
    const message = decodeMessage<PopularMessage>(bytes);
    if (typeof message?.tenant !== 'string' || !Array.isArray(message.tracks)) return;
    // The tenant that was heard of last stands at the end.
    this.popular.delete(message.tenant);
    this.popular.set(message.tenant, message as PopularMessage);
    if (this.popular.size > TENANTS_MAX) this.popular.delete(this.popular.keys().next().value!);
  }

  private now(): number {
    return (this.options.now ?? Date.now)();
  }

  close(): void {
    this.closed = true;
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    for (const done of [...this.waiting.values()]) done(null);
  }
}
