/** A run for the terminal. */
import { cpuGrid, findingGrid, machineInWords, phaseGrid, phaseNote, standing, verdictInWords } from './content.ts';
import { type RunRecord, whyNotCounted } from './record.ts';
import { plain, table } from './table.ts';

const SHOWN_MOST = 10;

export function summaryOf(record: RunRecord): string {
  const why = whyNotCounted(record);
  const parts = [
    [plain(`${record.scenario}: ${record.title}`), ...machineInWords(record).map((line) => `  ${plain(line)}`)].join(
      '\n',
    ),
    [table(phaseGrid(record)), phaseNote(record)].join('\n'),
    table(cpuGrid(record)),
    table(findingGrid(record)),
    [
      plain(`log: ${verdictInWords(record)}`),
      ...some(record.faults, 'FAULT: '),
      ...some(why, 'DOES NOT COUNT: '),
      `RESULT: ${standing(record).text}`,
    ].join('\n'),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function some(texts: readonly string[], prefix: string): string[] {
  const more = texts.length > SHOWN_MOST ? [`${prefix}... and ${texts.length - SHOWN_MOST} more`] : [];
  return [...texts.slice(0, SHOWN_MOST).map((text) => plain(prefix + text)), ...more];
}
