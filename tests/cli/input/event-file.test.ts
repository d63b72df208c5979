import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { EventFile } from '../../../cli/input/event-file.ts';
import { temporaryFolder } from '../../helpers/cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('is named after its content, whatever its name and size', async () => {
  const content = '{"a":1}\n'.repeat(100_000);
  const expected = `file-${createHash('sha256').update(content).digest('hex').slice(0, 26)}`;
  for (const name of ['one.ndjson', 'two.ndjson']) {
    writeFileSync(folder.in(name), content);
    const file = await EventFile.open(folder.in(name));
    expect(await file.producer()).toBe(expected);
    await file.close();
  }
});

it('reads what was there when it was opened, and tells when it was changed', async () => {
  const name = folder.in('growing.ndjson');
  writeFileSync(name, 'one\ntwo\n');
  const file = await EventFile.open(name);
  await file.assertUnchanged();
  appendFileSync(name, 'three\n');
  const lines: unknown[] = [];
  for await (const batch of file.lines()) lines.push(...batch.lines);
  expect(lines).toEqual(['one', 'two']);
  await expect(file.assertUnchanged()).rejects.toThrow('was changed while it was read');
  await file.close();
});

it('refuses what is no file, and says why', async () => {
  mkdirSync(folder.in('folder'));
  await expect(EventFile.open(folder.in('folder'))).rejects.toThrow('is a folder');
  await expect(EventFile.open(folder.in('nothing'))).rejects.toThrow('does not exist');
  await expect(EventFile.open('/dev/null')).rejects.toThrow('cannot be read twice');
});
