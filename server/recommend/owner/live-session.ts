/** One list that somebody watches: who does, which list they have, and when the next one is due. */
import type { RecommendationList, RecommendationRequest } from '../port.ts';
import { LivePolicy } from './live-policy.ts';
import type { Draft } from './server.ts';

/** Interest that was not renewed for so long is gone. */
export const INTEREST_MS = 10_000;

export class LiveSession {
  readonly request: RecommendationRequest;
  readonly partition: number;
  readonly policy: LivePolicy;
  /** The list that watchers were sent last. */
  last: RecommendationList | null = null;
  /** `ListenerState.changes` that `last` was made of; -1 before the first. */
  changes = -1;
  /** A list is being made. */
  busy = false;
  /** Something was folded meanwhile. */
  suspected = false;
  timer: NodeJS.Timeout | null = null;
  private readonly watchers = new Map<string, number>();

  constructor(request: RecommendationRequest, partition: number, now: number) {
    this.request = request;
    this.partition = partition;
    this.policy = new LivePolicy(now);
  }

  /** Somebody watches, as told over this inbox. */
  watch(inbox: string, now: number): void {
    this.watchers.set(inbox, now + INTEREST_MS);
  }

  /** Forgets who did not say so again; false if nobody is left. */
  sweep(now: number): boolean {
    for (const [inbox, until] of this.watchers) if (until <= now) this.watchers.delete(inbox);
    return this.watchers.size > 0;
  }

  inboxes(): Iterable<string> {
    return this.watchers.keys();
  }

  /** Whether it differs from what watchers have: other tracks, another order, or better founded. */
  isNews({ tracks, degraded }: Draft): boolean {
    const { last } = this;
    if (!last || last.tracks.length !== tracks.length || (last.degraded === true && !degraded)) return true;
    return tracks.some(({ track_id }, rank) => track_id !== last.tracks[rank]!.track_id);
  }

  end(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
