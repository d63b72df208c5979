import { Command } from 'commander';
import { duration, groupName, list, start, wholeNumber } from '../arguments.ts';
import { consumerStorage, storageText } from '../consumer-storage.ts';
import { CommandError } from '../errors.ts';
import { aborted, onInterrupt } from '../interrupt.ts';
import { note, plural } from '../output.ts';
import { type SettingFlags, settings, withStorageFlags } from '../settings.ts';

interface Flags extends SettingFlags {
  to?: string;
  toPrefix?: string;
  group: string;
  lease: number;
  from: 'earliest' | 'latest';
  maxLength: number;
  type?: string[];
}

/** Trouble is told at most this often, ms. */
const SAY_AGAIN_MS = 5_000;

export function fanoutCommand(): Command {
  return withStorageFlags(
    new Command('fanout').description('Copy every stored event into Redis Streams that any Redis client can read.'),
  )
    .option('--to <url>', 'the Redis that gets the streams (default: the one that the log is in)')
    .option('--to-prefix <prefix>', 'first part of their keys (default: that of the log, or gapless)')
    .option('--group <name>', 'the consumer group; several processes share the partitions', groupName, 'fanout')
    .option('--from <place>', 'where it begins if that Redis has nothing yet: earliest or latest', start, 'earliest')
    .option('--max-length <n>', 'entries that each stream keeps, about', wholeNumber(1), 1_000_000)
    .option('--lease <time>', 'how long partitions of a process that died stay its own', duration, 5_000)
    .option('--type <name>', 'only events of these types', list)
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
One entry for each event, in the stream <prefix>:out:<type>, with the fields partition, position, type, user_id, time and json. Each event
stands there once, also after kill -9: how far a stream is, is written with its entries. Runs until Ctrl-C.

Examples:
  gapless fanout
  gapless fanout --data-dir /var/lib/gapless --to redis://127.0.0.1:6379
  redis-cli XREAD BLOCK 0 STREAMS gapless:out:user_interaction '$'

Exit code: 0, also after Ctrl-C.`;

async function run(flags: Flags): Promise<void> {
  const { openFanout, streamKey } = await import('../../server/fanout/index.ts');
  const { config } = settings(flags);
  const redisUrl = flags.to ?? config.redisUrl;
  if (redisUrl === undefined)
    throw new CommandError(
      'the log is not in Redis, so it must be said which one gets the streams',
      'Give it as --to redis://127.0.0.1:6379.',
    );
  const to = { redisUrl, prefix: flags.toPrefix ?? config.redisPrefix };
  let written = 0;
  const interruption = onInterrupt();
  const fanout = await openFanout({
    ...{ group: flags.group, from: consumerStorage(config), to, start: flags.from },
    ...{ maxLength: flags.maxLength, types: flags.type, leaseMs: flags.lease, onError: complain() },
    onWritten: (count) => {
      written += count;
    },
  });
  try {
    note(`Group ${flags.group} copies ${storageText(config)} to ${streamKey(to.prefix, '<type>')}. Ctrl-C ends it.`);
    await aborted(interruption.signal);
  } finally {
    await fanout.stop();
    interruption.release();
    note(`${plural(written, 'event')} written.`);
  }
}

function complain(): (error: unknown) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (performance.now() - saidAt < SAY_AGAIN_MS) return;
    saidAt = performance.now();
    note(`gapless: ${(error as Error).message}; trying again.`);
  };
}
