/** `compare A B [C ...]`. */
import { Command } from 'commander';
import { CommandError } from '../../cli/errors.ts';
import { note, printJson } from '../../cli/output.ts';
import { obstacles, subjects } from './comparable.ts';
import { compare } from './compare.ts';
import { type Group, readGroup } from './group.ts';
import { comparisonTables, groupTable, LEGEND } from './tables.ts';

const MOST_GROUPS = 26;

interface Flags {
  json?: boolean;
  force?: boolean;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('Compares reports: medians over repetitions, spread, and ratios against the first.')
    .argument('<reports...>', 'two or more; each a report (.json), or a folder of repetitions')
    .option('--force', 'compare even what is not comparable: another machine, scenario or load')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      `
Runs that do not count are left out, and named. Contender, commit, settings of the server and versions may differ: they are what is
compared.

Examples:
  npm run loadtest -- compare before.json after.json
  npm run loadtest -- compare reports/before reports/after      folders with three repetitions or more each
  gapless loadtest compare straightforward/ embedded/ --json | jq '.rows[] | select(.name == "throughput")'`,
    )
    .action(run);
}

async function run(names: string[], flags: Flags): Promise<void> {
  if (names.length < 2 || names.length > MOST_GROUPS) {
    throw new CommandError(`${names.length} to compare`, `Give 2 to ${MOST_GROUPS} reports, or folders of them.`);
  }
  const groups: Group[] = [];
  for (const name of names) groups.push(await readGroup(name));
  const against = obstacles(groups);
  if (against.length > 0 && !flags.force) {
    throw new CommandError(
      'these are not comparable',
      [...against, 'With --force they are compared nevertheless.'].join('\n'),
    );
  }
  const differing = subjects(groups);
  const rows = compare(groups);
  if (flags.json)
    return printJson({ format: 'gapless-loadtest-compare/1', groups: groups.map(brief), against, differing, rows });

  for (const { file, why } of groups.flatMap(({ leftOut }) => leftOut)) note(`left out: ${file}: ${why}`);
  for (const line of against) console.log(`NOT COMPARABLE: ${line}`);
  console.log(groupTable(groups));
  for (const line of differing) console.log(`  ${line}`);
  console.log(`\n${comparisonTables(rows, groups.length)}\n\n${LEGEND}`);
}

function brief({ name, runs, leftOut }: Group): unknown {
  const { contender, machine } = runs[0]!.record;
  return { name, contender, commit: machine.commit, runs: runs.map(({ file }) => file), leftOut };
}
