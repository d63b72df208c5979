/** Options that several scenarios have. */
import type { Command } from 'commander';
import { wholeNumber } from '../../cli/arguments.ts';

/** Events per second; a generator process makes fewer. */
export const RATE_MOST = 10_000_000;

export interface LoadOptions {
  connections: number;
  frame: number;
}

export function withLoadOptions(command: Command, { connections, frame }: LoadOptions): Command {
  return command
    .option('--connections <n>', 'WebSockets, with a producer each', wholeNumber(1, 40_000), connections)
    .option('--frame <n>', 'events in a frame at most', wholeNumber(1, 512), frame);
}
