/** Starts the processor's thread, from the main thread. */
import type { FeedTrack, ProcessorFigures } from '../feeds/figures.ts';
import type { Logger } from '../ops/logger.ts';
import { type LogCalls, logCalls } from '../threads/logging.ts';
import { Thread } from '../threads/thread.ts';
import type { ProcessorSettings } from './main.ts';
import type { ProcessorOwner, ProcessorThread } from './port.ts';

export interface RunningProcessorThread {
  /** What it told last, and when (ms of the steady clock); null while it is not there. */
  latest(): { figures: ProcessorFigures; topTracks: FeedTrack[]; at: number } | null;
  /** Hands its partitions over. */
  close(): Promise<void>;
}

/** Folding makes many objects that are not needed for long: as much as V8 gives by default. */
const YOUNG_GENERATION_MIB = 48;

/** Rejects with what keeps the thread from starting. */
export async function startProcessor(
  settings: ProcessorSettings,
  owner: Pick<ProcessorOwner, 'store' | 'poison'>,
  logger: Logger,
): Promise<RunningProcessorThread> {
  let latest: ReturnType<RunningProcessorThread['latest']> = null;
  const thread = new Thread<ProcessorThread, ProcessorOwner & LogCalls>({
    name: 'processor',
    entry: 'server/processor/main',
    settings,
    youngGenerationMiB: YOUNG_GENERATION_MIB,
    functions: {
      ...logCalls(logger),
      ...owner,
      figures(figures, topTracks) {
        latest = { figures, topTracks, at: performance.now() };
      },
    },
    onDeath(error) {
      latest = null;
      logger.error({ err: error }, 'the processor thread died, it is started anew');
    },
  });
  await thread.start();
  return { latest: () => latest, close: () => thread.stop() };
}
