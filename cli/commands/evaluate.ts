import { Command, InvalidArgumentError, Option } from 'commander';
import type { Contestant, Evaluation, Replay, ReplayOptions } from '../../server/recommend/evaluate/replay.ts';
import { list, wholeNumber } from '../arguments.ts';
import type { Layout } from '../evaluate/columns.ts';
import type { ReadFlags } from '../evaluate/read-log.ts';
import { onInterrupt } from '../interrupt.ts';
import { grouped, note, plural, printJson } from '../output.ts';
import { Progress } from '../progress.ts';

interface Flags extends ReadFlags {
  from: number;
  count: number;
  models?: Contestant[];
  frozen?: boolean;
  repeats: ReplayOptions['repeats'];
  json?: boolean;
}

/** In the order of the table. */
const CONTESTANTS: readonly Contestant[] = [
  ...(['blend', 'session_knn', 'cooccurrence', 'content', 'preference', 'popularity', 'last_item'] as const),
];

/** They have nothing to go by where no track has an artist or genre, and are then only shown if asked for. */
const BY_ATTRIBUTES: ReadonlySet<Contestant> = new Set(['content', 'preference']);

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('Replay a log of sessions: how well would the models have predicted what came next?')
    .argument('<file>', 'events as NDJSON or JSON, or a table of clicks; may be gzip; - is standard input')
    .option('--from <share>', 'score predictions after this share of the time', share, 0.7)
    .option('--count <n>', 'length of the lists', wholeNumber(1, 100), 20)
    .option('--models <names>', 'only these, separated by commas', models)
    .option('--frozen', 'learn only what happened before the scored part, for comparison')
    .addOption(
      new Option('--repeats <how>', 'whether a track of the session may be predicted again')
        .choices(['allow', 'hide'])
        .default('allow'),
    )
    .option('--catalogue <file>', 'artists and genres, for events that do not carry them')
    .option('--session-column <name>', 'of a table, if its name is not a usual one')
    .option('--item-column <name>', 'likewise')
    .option('--time-column <name>', 'likewise')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Events are replayed in the order of their time. Before each click that is not the first of its session, every model predicts it from the
clicks before it, and then learns it: nothing is learned from the future, and a session under way is known as far as it has come.

  HR        share of predictions whose list holds the track that came next
  MRR       mean of 1 / its place in the list, 0 where it is not there
  coverage  share of all tracks that stood in a list at least once

popularity and last_item (what most often came right after the last track) are baselines. A track may come again in a session unless
--repeats hide: logs of clicks have many repeats, and leaving them out would make the task another one than in the literature.

A table has a line for each click and a header that names session, item and time (session_id, item_id, timestamp and the like). Without a
header: session, time, item or session, item, time; or give the three columns by their numbers, from 1 up.

Examples:
  gapless evaluate clicks.csv.gz
  gapless evaluate clicks.csv --session-column visit --item-column sku --time-column seen
  gapless evaluate events.ndjson --catalogue tracks.csv --models blend,last_item
  gapless log read --json | gapless evaluate - --frozen --json`;

async function run(file: string, flags: Flags): Promise<void> {
  const [{ readLog }, { Replay }, { SessionLog }] = await Promise.all([
    import('../evaluate/read-log.ts'),
    import('../../server/recommend/evaluate/replay.ts'),
    import('../../server/recommend/evaluate/session-log.ts'),
  ]);
  const reading = new SessionLog();
  const { log, layout } = await during(
    () => `read ${plural(reading.size, 'event')}`,
    () => readLog(file, flags, reading),
  );
  if (layout?.header === false) note(`${file} has no header: ${described(layout)}.`);
  const contestants = flags.models ?? CONTESTANTS.filter((name) => log.hasAttributes || !BY_ATTRIBUTES.has(name));
  const { count, from, frozen = false, repeats } = flags;
  const replay: Replay = new Replay(log, { contestants, count, from, frozen, repeats });
  const interruption = onInterrupt();
  const done = (): string => `${Math.floor((100 * replay.done) / log.size)}%  replayed ${plural(replay.done, 'event')}`;
  const evaluation = await during(done, () => replay.run(interruption.signal)).finally(() => interruption.release());
  if (interruption.signal.aborted) note('Stopped before the end: the figures are of what was replayed.');
  if (flags.json) printJson({ file, count, from, frozen, repeats, ...evaluation });
  else console.log(asText(file, evaluation, flags).join('\n'));
  process.exitCode = interruption.exitCode();
}

async function during<T>(describe: () => string, work: () => Promise<T>): Promise<T> {
  const progress = new Progress(describe);
  try {
    return await work();
  } finally {
    progress.stop();
  }
}

function asText(file: string, evaluation: Evaluation, { count, frozen }: Flags): string[] {
  const { clicks, sessions, tracks, splitAt, results, learned, learnMs } = evaluation;
  const predictions = results[0]?.predictions ?? 0;
  const way = frozen ? 'frozen: nothing of it learned' : 'live: each predicted, then learned';
  return [
    `${file}: ${plural(clicks, 'click')} in ${plural(sessions, 'session')}, ${plural(tracks, 'track')}`,
    `${plural(predictions, 'prediction')} from ${new Date(splitAt).toISOString()} on (${way})`,
    '',
    `${'model'.padEnd(14)}${`HR@${count}`.padStart(9)}${`MRR@${count}`.padStart(9)}  coverage   mean us    p95 us`,
    ...results.map(({ model, hitRate, reciprocalRank, coverage, meanMicros, p95Micros }) =>
      [
        model.padEnd(14),
        hitRate.toFixed(4).padStart(9),
        reciprocalRank.toFixed(4).padStart(9),
        `${(coverage * 100).toFixed(1)} %`.padStart(10),
        grouped(meanMicros).padStart(10),
        grouped(p95Micros).padStart(10),
      ].join(''),
    ),
    '',
    `Learned ${plural(learned, 'event')} at ${grouped((1000 * learned) / Math.max(learnMs, 1))} a second. Times are of one prediction.`,
    ...(predictions === 0
      ? ['Nothing was predicted: no session goes on after that time. Give an earlier --from.']
      : []),
  ];
}

function described({ columns }: Layout): string {
  const place = (column: number): string => `column ${column + 1}`;
  return `session is ${place(columns.session)}, item ${place(columns.item)}, time ${place(columns.time)}`;
}

function models(text: string, before: Contestant[] | undefined): Contestant[] {
  const named = list(text, before);
  const wrong = named.find((name) => !(CONTESTANTS as readonly string[]).includes(name));
  if (wrong === undefined) return CONTESTANTS.filter((name) => named.includes(name));
  throw new InvalidArgumentError(`There is no model ${wrong}. Write some of ${CONTESTANTS.join(', ')}.`);
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < 1) return value;
  throw new InvalidArgumentError('Write a share from 0 to below 1, like 0.7.');
}
