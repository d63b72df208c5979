/** One side of a comparison: a report, or a folder of repetitions. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { CommandError, fileError } from '../../cli/errors.ts';
import { readReport } from '../report/files.ts';
import { type RunRecord, whyNotCounted } from '../report/record.ts';

export interface Run {
  file: string;
  record: RunRecord;
}

export interface Group {
  /** As it was given. */
  name: string;
  runs: Run[];
  leftOut: { file: string; why: string }[];
}

export async function readGroup(name: string): Promise<Group> {
  const files = await filesOf(name);
  const group: Group = { name, runs: [], leftOut: [] };
  for (const file of files) {
    const record = await read(file, name);
    const why = record ? whyNotCounted(record).join('; ') : 'not a report of the load test';
    if (record && why === '') group.runs.push({ file, record });
    else group.leftOut.push({ file, why });
  }
  if (group.runs.length > 0) return group;
  const reasons = group.leftOut.map(({ file, why }) => `${file}: ${why}`).join('\n');
  throw new CommandError(
    `${name} has no run that counts`,
    reasons || 'Give a report (.json) or a folder that holds some.',
  );
}

async function filesOf(name: string): Promise<string[]> {
  try {
    if (!(await stat(name)).isDirectory()) return [name];
    const names = await readdir(name);
    return names
      .filter((one) => one.endsWith('.json'))
      .sort()
      .map((one) => path.join(name, one));
  } catch (error) {
    throw fileError(error, name, 'read');
  }
}

/** A file that was named must be a report; in a folder others may lie beside them. */
async function read(file: string, name: string): Promise<RunRecord | null> {
  try {
    const record = await readReport(file);
    if (record || file !== name) return record;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(error, file, 'read');
    if (file !== name) return null;
  }
  throw new CommandError(`${file} is not a report of the load test`, 'Give the .json that a run wrote.');
}
