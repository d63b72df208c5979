import { Command, Option } from 'commander';
import { duration, producerId, wholeNumber } from '../arguments.ts';
import { CommandError } from '../errors.ts';
import { type Interruption, onInterrupt } from '../interrupt.ts';
import { grouped, note, perSecond, plural, printJson, seconds } from '../output.ts';
import { Progress } from '../progress.ts';
import type { SendEnd, Sender } from '../send/sender.ts';
import { type ServerFlags, serverAddress, withServerFlags } from '../settings.ts';

interface Flags extends ServerFlags {
  producer?: string;
  timeout: number;
  maxRejections: number;
  json?: boolean;
}

const DEFAULT_TIMEOUT_MS = 60_000;

export function sendCommand(): Command {
  const command = new Command('send')
    .description('Send NDJSON events to a server. The same file sent again, or continued, is stored once.')
    .argument('[file]', 'NDJSON, one event a line; - is standard input', '-')
    .option(
      '--producer <id>',
      'who sends; required for standard input (default: file- and the SHA-256 of the file)',
      producerId,
    );
  return withServerFlags(command)
    .addOption(
      new Option('--timeout <time>', 'give up when nothing gets settled for this long; 0: never')
        .argParser(duration)
        .default(DEFAULT_TIMEOUT_MS, '60s'),
    )
    .option('--max-rejections <n>', 'how many rejected lines are shown', wholeNumber(0, 1_000_000), 10)
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
The number of a line is the number of its event: what the server has settled is not stored again. After Ctrl-C, or when the server was
away for too long, run the same command again and it goes on. A server that restarts is waited for.

Examples:
  gapless send events.ndjson
  gapless send events.ndjson --url wss://ingest.example.com        (token in GAPLESS_TOKEN)
  zcat monday.ndjson.gz | gapless send - --producer monday
  gapless send events.ndjson --json | jq .rejected

Exit code: 0 every line is stored or was there already, 2 some were rejected, 1 some are not settled.`;

async function run(name: string, flags: Flags): Promise<void> {
  const { url, token } = serverAddress(flags);
  if (name === '-' && flags.producer === undefined) {
    throw new CommandError(
      'standard input needs a name for its producer',
      'Give --producer NAME, and the same one when you send the same lines again; or give a FILE.',
    );
  }
  const [{ connect }, { EventFile }, { readLines }, { Sender }] = await Promise.all([
    import('../../client/node.ts'),
    import('../input/event-file.ts'),
    import('../input/lines.ts'),
    import('../send/sender.ts'),
  ]);
  const file = name === '-' ? null : await EventFile.open(name);
  const interruption = onInterrupt();
  try {
    const producer = flags.producer ?? (await file!.producer());
    const lines = file ? file.lines() : readLines(process.stdin);
    const { timeout: timeoutMs, maxRejections: examples } = flags;
    const sender = new Sender({
      connect,
      url,
      token,
      producer,
      lines,
      timeoutMs,
      examples,
      signal: interruption.signal,
    });
    const beganMs = performance.now();
    const end = await withProgress(sender, url, file?.size ?? null, beganMs);
    const ms = performance.now() - beganMs;
    if (flags.json) printJson(asJson(sender, { end, name, url, producer, ms }));
    else console.log(asText(sender, { end, name, producer, ms }).join('\n'));
    await file?.assertUnchanged();
    finish(sender, end, url, flags, interruption);
  } finally {
    interruption.release();
    await file?.close();
    // An input that somebody holds open would keep the process.
    if (!file) process.stdin.destroy();
  }
}

async function withProgress(sender: Sender, url: string, size: number | null, beganMs: number): Promise<SendEnd> {
  const progress = new Progress(() => {
    const { tally, stats } = sender;
    const share = size ? `${Math.floor((100 * sender.offset) / size)}%  ` : '';
    const parts = [
      `${share}${perSecond(tally.stored, performance.now() - beganMs)}  sent ${grouped(stats.sent)}`,
      `acknowledged ${grouped(sender.answered)}  blocked ${seconds(stats.blockedMs)}  rejected ${grouped(tally.rejected)}`,
    ];
    const away = stats.state === 'open' ? '' : `  ${stats.state} (${stats.lastClose?.reason || url})`;
    return parts.join('  ') + away;
  });
  try {
    return await sender.run();
  } finally {
    progress.stop();
  }
}

interface Outcome {
  end: SendEnd;
  name: string;
  producer: string;
  ms: number;
}

function asJson(sender: Sender, { end, name, url, producer, ms }: Outcome & { url: string }): unknown {
  const { lines, blank, already, unsettled, tally, stats } = sender;
  const { stored, rejected, reasons } = tally;
  return {
    status: end,
    file: name,
    url,
    producer,
    durability: stats.durability,
    lines,
    blank,
    stored: stored + tally.settled,
    already,
    rejected,
    reasons,
    rejections: tally.sortedExamples().map(({ seq, ...rest }) => ({ line: seq, ...rest })),
    unsettled,
    reconnects: stats.reconnects,
    blockedMs: stats.blockedMs,
    seconds: ms / 1000,
  };
}

function asText(sender: Sender, { name, producer, ms }: Outcome): string[] {
  const { lines, blank, already, unsettled, tally, stats } = sender;
  const stored = tally.stored + tally.settled;
  const row = (count: number, text: string, always = false): string[] =>
    count > 0 || always ? [`  ${grouped(count).padStart(12)}  ${text}`] : [];
  const promise = stats.durability ? ` (an ACK means: ${stats.durability})` : '';
  return [
    `${name === '-' ? 'standard input' : name}: ${plural(lines, 'line')}, producer ${producer}, ${seconds(ms)}, ${perSecond(stored, ms)}`,
    ...row(stored, `stored${promise}`, true),
    ...row(already, 'already there'),
    ...row(blank, 'blank'),
    ...row(unsettled, 'not settled'),
    ...row(tally.rejected, 'rejected'),
    ...tally.describeRejected('line'),
  ];
}

/** Sets the exit code, and says what to do where not everything is settled. */
function finish(sender: Sender, end: SendEnd, url: string, flags: Flags, interruption: Interruption): void {
  if (end === 'settled') {
    process.exitCode = sender.tally.rejected > 0 ? 2 : 0;
    return;
  }
  process.exitCode = 1;
  const again = 'Run the same command again: it goes on where it stopped.';
  if (end === 'failed') throw refused(sender.failure, again);
  if (end === 'interrupted') {
    // A second signal ends it in the usual way.
    interruption.release();
    note(`Stopped. ${again}`);
    return;
  }
  const reason = sender.stats.lastClose?.reason;
  throw new CommandError(
    `nothing was settled for ${seconds(flags.timeout)} by ${url}${reason ? ` (${reason})` : ''}`,
    `Check that the server runs (gapless serve) and that its storage does. ${again}`,
  );
}

function refused(failure: Sender['failure'], again: string): CommandError {
  const fixes: Record<string, string> = {
    unauthenticated: 'Give the token of the server as GAPLESS_TOKEN or --token.',
    forbidden: 'This token may not send. Give another one as GAPLESS_TOKEN or --token.',
    superseded: 'Another process sends under the same producer. Let it finish, or stop it.',
  };
  return new CommandError(failure?.message ?? 'the server refused to go on', fixes[failure?.code ?? ''] ?? again);
}
