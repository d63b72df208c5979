/** What is popular, as processors tell it: a list for those whom no processor answers. */
import { randomUUID } from 'node:crypto';
import { decodeMessage } from '../../bus/message.ts';
import { type PopularMessage, TOPICS } from '../../bus/messages.ts';
import type { LiveBus } from '../../bus/port.ts';
import type { RecommendationList } from '../../recommend/port.ts';

const MOST_TENANTS = 1_000;

export class Popular {
  private readonly byTenant = new Map<string, PopularMessage>();
  private readonly unsubscribe: () => void;

  constructor(bus: LiveBus) {
    this.unsubscribe = bus.subscribe(TOPICS.popular, (bytes) => this.hear(bytes));
  }

  private hear(bytes: Uint8Array): void {
    const message = decodeMessage<PopularMessage>(bytes);
    if (typeof message?.tenant !== 'string' || !Array.isArray(message.tracks)) return;
    this.byTenant.delete(message.tenant);
    this.byTenant.set(message.tenant, message as PopularMessage);
    if (this.byTenant.size > MOST_TENANTS) this.byTenant.delete(this.byTenant.keys().next().value!);
  }

  /** A degraded list, or null where nothing was heard yet. It is nobody's and in no log: nothing can be attributed to it. */
  list(tenant: string, userId: string, count: number, now: number): RecommendationList | null {
    const popular = this.byTenant.get(tenant);
    if (!popular) return null;
    return {
      recommendation_id: `popular-${randomUUID()}`,
      user_id: userId,
      model: 'popularity',
      at: now,
      tracks: popular.tracks.slice(0, count),
      confidence: 0,
      degraded: true,
    };
  }

  close(): void {
    this.unsubscribe();
  }
}
