/** The most played tracks, for the figures. They tell of a whole server, so where it has several tenants they name none's. */
import { decodeMessage } from '../bus/message.ts';
import { type PopularMessage, TOPICS } from '../bus/messages.ts';
import type { LiveBus } from '../bus/port.ts';
import type { FeedTrack } from '../feeds/figures.ts';

const MOST = 10;

export class TopTracks {
  private readonly byTenant = new Map<string, FeedTrack[]>();

  constructor(bus: LiveBus) {
    bus.subscribe(TOPICS.popular, (bytes) => {
      const message = decodeMessage<PopularMessage>(bytes);
      if (typeof message?.tenant !== 'string' || !Array.isArray(message.tracks)) return;
      this.byTenant.set(message.tenant, message.tracks.slice(0, MOST).map(feedTrack));
    });
  }

  get tracks(): FeedTrack[] {
    const [only] = this.byTenant.values();
    return this.byTenant.size === 1 ? only! : [];
  }
}

/** Plays are decayed, so they are no whole number. */
function feedTrack({ track_id, score, artist }: PopularMessage['tracks'][number]): FeedTrack {
  return { track_id, plays: Math.round(score * 10) / 10, ...(artist !== undefined && { artist }) };
}
