/** Starts the feeds' thread, from the main thread, and keeps a link attached to it as long as it lives. */
import type { Logger } from '../ops/logger.ts';
import type { FeedsLink } from '../session/feeds-link.ts';
import { type LogCalls, logCalls } from '../threads/logging.ts';
import { Thread } from '../threads/thread.ts';
import type { FeedsSettings } from './main.ts';
import type { FeedsOwner, FeedsThread } from './port.ts';

/** Rejects with what keeps the thread from starting. */
export async function startFeeds(
  settings: FeedsSettings,
  link: FeedsLink,
  logger: Logger,
): Promise<{ close(): Promise<void> }> {
  const thread: Thread<FeedsThread, FeedsOwner & LogCalls> = new Thread({
    name: 'feeds',
    entry: 'server/feeds/main',
    settings,
    functions: { ...link.owner, ...logCalls(logger) },
    onReady: () => link.attach(callsOf(thread)),
    onDeath(error) {
      link.detach();
      logger.error({ err: error }, 'the feeds thread died, it is started anew');
    },
  });
  await thread.start();
  return {
    async close() {
      link.detach();
      await thread.stop();
    },
  };
}

/** Calls that nobody waits for an answer of. */
function callsOf({ remote }: Thread<FeedsThread, FeedsOwner & LogCalls>): FeedsThread {
  return {
    open: (...args) => void remote.open.asEvent(...args),
    subscribe: (...args) => void remote.subscribe.asEvent(...args),
    flow: (...args) => void remote.flow.asEvent(...args),
    unsubscribe: (...args) => void remote.unsubscribe.asEvent(...args),
    authorise: (...args) => void remote.authorise.asEvent(...args),
    taken: (...args) => void remote.taken.asEvent(...args),
    close: (...args) => void remote.close.asEvent(...args),
    stats: (...args) => void remote.stats.asEvent(...args),
    lookup: (request) => remote.lookup(request),
    stop: () => remote.stop(),
  };
}
