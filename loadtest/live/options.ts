/** What `npm run live` takes. */
import { Command, InvalidArgumentError, Option } from 'commander';

export const PARTS = ['sessions', 'requests', 'lookups'] as const;
export type Part = (typeof PARTS)[number];

export interface LiveOptions {
  parts: readonly Part[];
  /** Events per second beside what is measured. */
  events: number;
  /** Open sessions. */
  sessions: number;
  /** Requests per second for lists. */
  requests: number;
  /** Lookups of features per second, and events per second beside them. */
  lookups: number;
  lookupEvents: number;
  /** How long each part is measured. */
  seconds: number;
  redis: boolean;
  /** Folder for CPU profiles of the server's threads; absent: none are taken. */
  profile?: string;
  seed: number;
}

export function readOptions(argv: readonly string[]): LiveOptions {
  const command = new Command('live')
    .description(
      'Measures what comes out of the log beside ingest: from the acknowledgement of an event to the list that it brings, GET /recommendations and GET /features.',
    )
    .addOption(
      new Option('--parts <names>', `what is measured: ${PARTS.join(', ')}`)
        .argParser(parts)
        .default([...PARTS], 'all'),
    )
    .option('--events <n>', 'events per second that listeners send meanwhile', positive, 2_000)
    .option('--sessions <n>', 'open sessions that are measured', positive, 50)
    .option('--requests <n>', 'requests per second for lists', positive, 1_000)
    .option('--lookups <n>', 'lookups of features per second', positive, 1_000)
    .option('--lookup-events <n>', 'events per second beside lookups', positive, 5_000)
    .option('--seconds <n>', 'how long each part is measured', positive, 20)
    .option('--redis', 'on Redis instead of the embedded engine', false)
    .option('--profile <folder>', 'writes a CPU profile of each thread of the server there')
    .option('--seed <n>', 'of the events and of the arrivals', positive, 1);
  command.parse([...argv], { from: 'user' });
  return command.opts<LiveOptions>();
}

function parts(text: string): Part[] {
  const names = text.split(',') as Part[];
  const unknown = names.find((name) => !PARTS.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`there is no part ${unknown}.`);
  return names;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 up.');
  return value;
}
