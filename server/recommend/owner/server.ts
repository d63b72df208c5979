/**
 * Makes lists of the listeners whose partition this process owns, and puts each into the log before anybody sees it. One request id gives
 * one list: while it is being made, as long as it is remembered, and, since the log takes each request id once, also where several
 * owners or gateways answer at the same time.
 */
import { userGroup } from '../../features/groups.ts';
import type { ProcessorOwner } from '../../processor/port.ts';
import type { IndexThread } from '../index/port.ts';
import type { RecommendationList, RecommendationRequest, RecommendedTrack } from '../port.ts';
import { makeRecommendationId } from '../recommendation-id.ts';
import { answeredList, type ServedList, servedEvent } from '../served.ts';
import { UnavailableError } from '../unavailable.ts';
import { type Looked, Rounds, type RoundsOptions } from './rounds.ts';
import { Slots } from './slots.ts';

export interface ListServerOptions extends RoundsOptions {
  index: () => Pick<IndexThread, 'predict' | 'describe'>;
  store: ProcessorOwner['store'];
}

/** What a list would be. */
export interface Draft {
  tracks: readonly RecommendedTrack[];
  degraded: boolean;
}

export interface Refreshed {
  /** `ListenerState.changes` that it was made of. */
  changes: number;
  list: RecommendationList | null;
}

export class ListServer {
  private readonly options: ListServerOptions;
  private readonly rounds: Rounds;
  private readonly slots = new Slots();
  private readonly inFlight = new Map<string, Promise<RecommendationList>>();

  constructor(options: ListServerOptions) {
    this.options = options;
    this.rounds = new Rounds(options);
  }

  /** Throws UnavailableError. */
  serve(request: RecommendationRequest): Promise<RecommendationList> {
    const { tenant, userId, requestId } = request;
    if (requestId === undefined) return this.make(request);
    const name = `${tenant}\0${userId}\0${requestId}`;
    let making = this.inFlight.get(name);
    if (!making) {
      making = this.make(request).finally(() => this.inFlight.delete(name));
      this.inFlight.set(name, making);
    }
    return making;
  }

  private async make(request: RecommendationRequest): Promise<RecommendationList> {
    const looked = await this.rounds.look(request);
    if (looked.kind === 'served') return this.repeat(request, looked.list);
    const stored = await this.store(request, looked, true);
    if (stored) return stored;
    // A list for this request is in the log already, of another owner, of a gateway, or of before a crash.
    const again = await this.rounds.look(request);
    if (again.kind === 'served') return this.repeat(request, again.list);
    // The log still knows the request, but the listener's last lists do not reach back to it.
    const anew = await this.store(request, again, false);
    if (anew) return anew;
    throw new UnavailableError('the list could not be stored');
  }

  /** A new list for an open session; none, and none stored, if what it would be is no news. Throws UnavailableError. */
  async refresh(request: RecommendationRequest, isNews: (draft: Draft) => boolean): Promise<Refreshed> {
    const looked = await this.rounds.look(request);
    if (looked.kind === 'served') return { changes: 0, list: null };
    const { prediction, changes, loading } = looked;
    if (!isNews({ tracks: prediction.tracks, degraded: loading })) return { changes, list: null };
    const list = await this.store(request, looked, true);
    if (!list) throw new UnavailableError('the list could not be stored');
    return { changes, list };
  }

  /** Null if the id of the event is taken. */
  private async store(
    request: RecommendationRequest,
    { prediction, loading, served }: Extract<Looked, { kind: 'new' }>,
    claim: boolean,
  ): Promise<RecommendationList | null> {
    const { model, userId, requestId, tenant } = request;
    const group = userGroup(tenant, userId);
    const slot = this.slots.take(group, served);
    const list: RecommendationList = {
      recommendation_id: makeRecommendationId(model, slot),
      ...(requestId !== undefined && { request_id: requestId }),
      user_id: userId,
      model,
      at: this.options.now(),
      tracks: prediction.tracks,
      confidence: prediction.confidence,
      ...(loading && { degraded: true as const }),
    };
    try {
      return (await this.options.store(servedEvent(request, list, claim))) === 'stored' ? list : null;
    } catch (cause) {
      throw new UnavailableError('the list could not be stored', { cause });
    } finally {
      this.slots.release(group);
    }
  }

  private async repeat({ tenant, userId }: RecommendationRequest, served: ServedList): Promise<RecommendationList> {
    const list = answeredList(userId, served);
    const tracks = await this.options
      .index()
      .describe(tenant, list.tracks)
      .catch(() => list.tracks);
    return { ...list, tracks };
  }
}
