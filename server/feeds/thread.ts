/** The feeds' thread as the main thread has it. */
import type { Logger } from '../ops/logger.ts';
import type { FeedsLink } from '../session/feeds-link.ts';
import { type LogCalls, logCalls } from '../threads/logging.ts';
import { Thread } from '../threads/thread.ts';
import type { FeedsSettings } from './main.ts';
import type { FeedsOwner, FeedsThread } from './port.ts';

/** To be started and stopped by whoever made it; the link is served by it from then on, also over its deaths. */
export function createFeedsThread(
  link: FeedsLink,
  settings: FeedsSettings,
  logger: Logger,
): Thread<FeedsThread, FeedsOwner & LogCalls> {
  const thread: Thread<FeedsThread, FeedsOwner & LogCalls> = new Thread({
    name: 'feeds',
    entry: 'server/feeds/main',
    settings,
    functions: { ...link.owner, ...logCalls(logger) },
    onReady: () => link.attach(asEvents(thread.remote)),
    onDeath: (error) => {
      link.detach();
      logger.error({ err: error }, 'the feeds thread died, it is started anew');
    },
  });
  return thread;
}

/** Calls without an answer are sent without waiting for one: that would double the messages between the threads. */
function asEvents(remote: Thread<FeedsThread, FeedsOwner & LogCalls>['remote']): FeedsThread {
  // The thread may be gone when a call is made: its death is told elsewhere.
  const quietly = (sent: Promise<unknown>): void => void sent.catch(() => {});
  return {
    open: (...args) => quietly(remote.open.asEvent(...args)),
    subscribe: (...args) => quietly(remote.subscribe.asEvent(...args)),
    flow: (...args) => quietly(remote.flow.asEvent(...args)),
    unsubscribe: (...args) => quietly(remote.unsubscribe.asEvent(...args)),
    authorise: (...args) => quietly(remote.authorise.asEvent(...args)),
    taken: (...args) => quietly(remote.taken.asEvent(...args)),
    close: (...args) => quietly(remote.close.asEvent(...args)),
    stats: (...args) => quietly(remote.stats.asEvent(...args)),
    lookup: (request) => remote.lookup(request),
    stop: () => remote.stop(),
  };
}
