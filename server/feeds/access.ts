/** What a token may subscribe to. */
import type { FeedName } from './feed.ts';
import type { Access } from './port.ts';

/**
 * A token that names a user reads that user's features and recommendations, asked for by key; any other reads everything of its tenant.
 * The tenant itself is every feed's to keep: nothing of another one is ever an item.
 */
export function mayRead(access: Access, feed: FeedName, key: string | undefined): boolean {
  if (access.userId === undefined) return true;
  return (feed === 'features' || feed === 'recommendations') && key === access.userId;
}
