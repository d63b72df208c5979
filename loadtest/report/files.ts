/** Reports on disk. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chartFile } from './chart.ts';
import { growthFile, growthId, growthsOf } from './growth-chart.ts';
import { page } from './page.ts';
import { hasValues } from './plot.ts';
import { plotsOf } from './plots.ts';
import { RECORD_FORMAT, type RunRecord } from './record.ts';

export interface Wished {
  html: boolean;
  /** Each plot also as a file of its own. */
  svg: boolean;
}

/** Writes `file` and what is derived from it beside it; answers all paths. */
export async function writeReport(record: RunRecord, file: string, wished: Wished): Promise<string[]> {
  const stem = file.replace(/\.json$/, '');
  const files: [string, string][] = [[`${stem}.json`, `${JSON.stringify(record, null, 2)}\n`]];
  if (wished.html) files.push([`${stem}.html`, page(record)]);
  if (wished.svg) {
    const about = `${record.scenario}, ${record.contender}, commit ${record.machine.commit}, ${record.machine.time}`;
    for (const plot of plotsOf(record).filter(hasValues))
      files.push([`${stem}-${plot.id}.svg`, chartFile(plot, about)]);
    for (const growth of growthsOf(record)) files.push([`${stem}-${growthId(growth)}.svg`, growthFile(growth, about)]);
  }
  await mkdir(path.dirname(file), { recursive: true });
  for (const [name, text] of files) await writeFile(name, text);
  return files.map(([name]) => name);
}

/** Null where the file is JSON of something else; throws where it is no JSON, or cannot be read. */
export async function readReport(file: string): Promise<RunRecord | null> {
  const value = JSON.parse(await readFile(file, 'utf8'));
  return value?.format === RECORD_FORMAT ? value : null;
}
