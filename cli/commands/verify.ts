import { Command } from 'commander';
import { producerId } from '../arguments.ts';
import { onInterrupt } from '../interrupt.ts';
import { grouped, note, plural, printJson } from '../output.ts';
import { Progress } from '../progress.ts';
import { type SettingFlags, withStorageFlags } from '../settings.ts';
import type { Verification } from '../verify/verify.ts';

interface Flags extends SettingFlags {
  producer?: string;
  json?: boolean;
}

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Compare the log with a file that was sent: each event once, in order, nothing else.')
    .argument('<file>', 'NDJSON, one event a line')
    .option('--producer <id>', 'what it was sent under, if not the default (file- and its SHA-256)', producerId);
  return withStorageFlags(command).option('--json', 'print the result as JSON').addHelpText('after', HELP).action(run);
}

const HELP = `
Line n of the file is compared with number n of the producer, field by field. A line counts as accounted for if it is stored once, if it
was rejected, or if it is no event (blank or not JSON). The server may run meanwhile. Rejections are known from the dead letters; where
are turned off (ENABLE_DLQ_HANDLING=false), only the last 1,024 are.

Examples:
  gapless verify events.ndjson
  gapless verify events.ndjson --producer monday --json
  gapless verify events.ndjson --redis-url redis://127.0.0.1:6379

Exit code: 0 the log holds the file, 1 it does not.`;

async function run(name: string, flags: Flags): Promise<void> {
  const [{ openLog }, { EventFile }, { Verification }] = await Promise.all([
    import('../open-log.ts'),
    import('../input/event-file.ts'),
    import('../verify/verify.ts'),
  ]);
  const file = await EventFile.open(name);
  const { log, config } = await openLog(flags);
  const interruption = onInterrupt();
  try {
    const producer = flags.producer ?? (await file.producer());
    const { signal } = interruption;
    const verification = new Verification({ file, producer, log, maxEventBytes: config.maxEventBytes, signal });
    const progress = new Progress(() => `compared ${plural(verification.lines, 'line')}`);
    const finished = await verification.run().finally(() => progress.stop());
    await file.assertUnchanged();
    if (!finished) {
      note('Stopped before the end.');
      process.exitCode = interruption.exitCode();
      return;
    }
    if (flags.json) printJson(asJson(verification, name, producer));
    else console.log(asText(verification, name, producer).join('\n'));
    process.exitCode = verification.findings.ok ? 0 : 1;
  } finally {
    interruption.release();
    await log.close();
    await file.close();
  }
}

function asJson(verification: Verification, file: string, producer: string): unknown {
  const { lines, stored, rejected, reasons, repeated, tooLarge, blank, unreadable, trimmed, findings } = verification;
  const { ok, counts, examples } = findings;
  return {
    ok,
    file,
    producer,
    lines,
    stored,
    rejected,
    reasons,
    repeated,
    tooLarge,
    blank,
    unreadable,
    trimmed,
    ...counts,
    examples,
  };
}

function asText(verification: Verification, file: string, producer: string): string[] {
  const { lines, stored, rejected, reasons, repeated, tooLarge, blank, unreadable, trimmed, findings } = verification;
  const row = (count: number, text: string): string[] =>
    count > 0 ? [`  ${grouped(count).padStart(12)}  ${text}`] : [];
  const why = Object.entries(reasons).map(([code, count]) => `${code} ${grouped(count)}`);
  const accounted = [
    ...row(stored, 'stored'),
    ...row(rejected, `rejected (${why.join(', ')})`),
    ...row(repeated, 'stored under another number with the same id'),
    ...row(tooLarge, 'larger than the server takes, given up'),
    ...row(unreadable, 'no JSON object, given up'),
    ...row(blank, 'blank'),
  ];
  const head = `${file}: ${plural(lines, 'line')}, producer ${producer}`;
  if (findings.ok)
    return [
      head,
      ...accounted,
      'The log holds each event once, in order, as it was sent, and nothing else of this producer.',
    ];
  const old = trimmed ? ['Retention has removed the oldest events of this log; they may be what is missing.'] : [];
  return [head, ...accounted, 'The log does not hold what the file says:', ...describeFindings(verification), ...old];
}

function describeFindings({ findings }: Verification): string[] {
  return findings.found.flatMap((fault) => {
    const { count, about, examples } = findings.of(fault);
    const shown = examples.map(({ line, detail }) =>
      [line === null ? '' : `line ${line}`, detail].filter(Boolean).join(': '),
    );
    const more = count > examples.length ? [`    ... and ${grouped(count - examples.length)} more`] : [];
    return [`  ${grouped(count).padStart(12)}  ${fault}: ${about}`, ...shown.map((text) => `    ${text}`), ...more];
  });
}
