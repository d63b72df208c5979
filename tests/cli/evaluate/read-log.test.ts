import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../../cli/errors.ts';
import type { ColumnFlags } from '../../../cli/evaluate/columns.ts';
import { readLog } from '../../../cli/evaluate/read-log.ts';
import { temporaryFolder } from '../../helpers/cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let files = 0;

function file(content: string | Buffer): string {
  const name = folder.in(`log-${files++}`);
  writeFileSync(name, content);
  return name;
}

/** What was read, by time, as `session track second`. */
async function clicks(content: string | Buffer, flags: ColumnFlags = {}): Promise<string[]> {
  const { log } = await readLog(file(content), flags);
  return Array.from({ length: log.size }, (_, n) => {
    const { user, track, at } = log.signal(n);
    return `${user} ${track} ${at / 1000}`;
  });
}

async function fault(content: string | Buffer, flags: ColumnFlags = {}): Promise<string> {
  const name = file(content);
  const error = await readLog(name, flags).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof CommandError)) throw new Error(`expected a CommandError, got ${error}`);
  return `${error.message.replace(name, 'FILE')} | ${error.fix}`;
}

const EXPECTED = ['s1 i1 100', 's1 i2 105', 's2 i1 110'];

describe('a table of clicks', () => {
  it.each([
    ['CSV', 'session_id,item_id,timestamp\ns1,i1,100\ns2,i1,110\ns1,i2,105\n'],
    ['tabs, as GRU4Rec has it', 'SessionId\tItemId\tTime\ns1\ti1\t100.0\ns1\ti2\t105.0\ns2\ti1\t110.0\n'],
    ['semicolons and other columns', 'time;foo;track_id;session\n100;x;i1;s1\n110;y;i1;s2\n105;z;i2;s1\n'],
    [
      'quotes, CRLF, a byte order mark, blank lines',
      '\ufeff"Session ID","Item","ts"\r\n"s1","i1",100\r\n\r\n"s1","i2",105\r\n"s2","i1",110',
    ],
    [
      'ISO dates',
      'ts,session,item\n1970-01-01T00:01:40Z,s1,i1\n1970-01-01 00:01:45,s1,i2\n1970-01-01T00:01:50Z,s2,i1\n',
    ],
  ])('%s', async (_, content) => {
    expect(await clicks(content)).toEqual(EXPECTED);
  });

  it('may be gzip, whatever its name', async () => {
    expect(await clicks(gzipSync('session_id,item_id,timestamp\ns1,i1,100\ns1,i2,105\ns2,i1,110\n'))).toEqual(EXPECTED);
  });

  it('adds ms since the session began to a date without a time', async () => {
    const content =
      'session_id;user_id;item_id;timeframe;eventdate\n1;NA;i1;5000;1970-01-02\n1;NA;i2;1000;1970-01-02\n';
    expect(await clicks(content)).toEqual(['NA i2 86401', 'NA i1 86405']);
  });

  it('takes other names where they are given', async () => {
    const content = 'visit,when,sku,item\ns1,100,i1,x\ns1,105,i2,x\ns2,110,i1,x\n';
    const flags = { sessionColumn: 'visit', timeColumn: 'when', itemColumn: 'sku' };
    expect(await clicks(content, flags)).toEqual(EXPECTED);
    expect(await fault(content)).toBe(
      'FILE line 1: no column for the session, the time | The columns are: visit, when, sku, item\n' +
        'Say which it is: --session-column NAME --time-column NAME',
    );
    expect(await fault(content, { ...flags, itemColumn: 'nix' })).toContain('FILE line 1: no column nix');
  });

  it('may lack a header', async () => {
    const at = 1_400_000_000;
    const expected = [`s1 i1 ${at}`, `s1 i2 ${at + 5}`, `s2 i1 ${at + 10}`];
    expect(await clicks(`s1\t${at}\ti1\ns1\t${at + 5}\ti2\ns2\t${at + 10}\ti1\n`)).toEqual(expected);
    expect(await clicks(`s1,i1,${at}\ns1,i2,${at + 5}\ns2,i1,${at + 10}\n`)).toEqual(expected);
    expect(await clicks('1,2014-04-07T10:51:09.277Z,214536502,0\n')).toEqual(['1 214536502 1396867869.277']);
    const numbers = { sessionColumn: '2', itemColumn: '3', timeColumn: '1' };
    expect(await clicks('100,s1,i1\n105,s1,i2\n110,s2,i1\n', numbers)).toEqual(EXPECTED);
    expect(await fault('100,s1\n', numbers)).toContain('FILE line 1: no column 3');
  });

  it('brings artists and genres', async () => {
    const { log } = await readLog(file('session,item,time,category\ns1,i1,100,shoes\ns1,i2,105,\n'), {});
    expect(log.hasAttributes).toBe(true);
    expect(log.signal(0)).toMatchObject({ kind: 'play', genre: 'shoes' });
    expect(log.signal(1).genre).toBeUndefined();
  });

  it.each([
    ['no time', 'session,item,time\ns1,i1,100\ns1,i2,soon\n', 'FILE line 3: no time'],
    ['no item', 'session,item,time\ns1,i1,100\n\ns1,,105\n', 'FILE line 4: no item'],
    ['no session', 'session,item,time\n,i1,100\n', 'FILE line 2: no session'],
    ['a short line', 'session,item,time\ns1,i1,100\ns1\n', 'FILE line 3: no item'],
    ['only a header', 'session,item,time\n', 'FILE has no clicks'],
    ['nothing', '', 'FILE is empty'],
    ['something else', 'hello\nworld\n', 'FILE line 1: no column for the session, the item, the time'],
  ])('says where there is %s', async (_, content, expected) => {
    expect(await fault(content)).toContain(expected);
  });

  it('says that a file is missing, a folder, or gzip cut short', async () => {
    await expect(readLog(folder.in('nothing'), {})).rejects.toThrow('does not exist');
    await expect(readLog(folder.path, {})).rejects.toThrow('is a folder');
    const packed = gzipSync(`session,item,time\n${'s1,i1,100\n'.repeat(1000)}`);
    expect(await fault(packed.subarray(0, packed.length - 10))).toContain('is no whole gzip file');
  });
});

const EVENT = { type: 'user_interaction', user_id: 'u', session_id: 's', action: 'play' };
const EVENTS = [
  { ...EVENT, track_id: 'a', timestamp: 1000 },
  { ...EVENT, track_id: 'a', timestamp: 2000, action: 'pause' },
  { ...EVENT, track_id: 'a', timestamp: 3000 },
  { ...EVENT, track_id: 'a', timestamp: 4000, action: 'skip', position_ms: 5000 },
  { type: 'recommendation_shown', user_id: 'u', recommendation_id: 'r', track_id: 'x', timestamp: 4500 },
  { ...EVENT, track_id: 'b', timestamp: '1970-01-01T00:00:05Z' },
];

describe('events', () => {
  it.each([
    ['NDJSON', EVENTS.map((event) => JSON.stringify(event)).join('\n')],
    ['a JSON array', JSON.stringify(EVENTS, null, 2)],
    ['gzip', gzipSync(EVENTS.map((event) => JSON.stringify(event)).join('\n'))],
  ])('as %s: plays and their ends; playing on after a pause is no other play', async (_, content) => {
    const { log } = await readLog(file(content), {});
    const read = Array.from({ length: log.size }, (_, n) => log.signal(n)).map(({ kind, track }) => `${kind} ${track}`);
    expect(read).toEqual(['play a', 'skip a', 'play b']);
  });

  it('take artists and genres from the log or from a catalogue, and the corrected time first', async () => {
    const catalogue = folder.in('catalogue.csv');
    writeFileSync(catalogue, 'id,artist,genre\na,Ann,jazz\nb,Bob,rock\n');
    const events = [
      { ...EVENT, track_id: 'a', timestamp: 9000, event_time: 1000 },
      { ...EVENT, track_id: 'b', timestamp: 2000, track: { artist: 'Known' } },
    ];
    const { log } = await readLog(file(events.map((event) => JSON.stringify(event)).join('\n')), { catalogue });
    expect(log.signal(0)).toMatchObject({ track: 'a', artist: 'Ann', genre: 'jazz', at: 1000 });
    expect(log.signal(1)).toMatchObject({ track: 'b', artist: 'Known', genre: 'rock' });
  });

  it.each([
    ['what is no JSON', `${JSON.stringify(EVENTS[0])}\n{oops\n`, 'FILE line 2 is not JSON'],
    ['a missing time', '\n{"type":"track_completed","user_id":"u","track_id":"a"}', 'FILE line 2 has no timestamp'],
    ['a missing user', '{"type":"track_completed","timestamp":1,"track_id":"a"}', 'FILE line 1 has no user_id'],
    ['no event', '{"a":1}', 'FILE line 1 has no type'],
    ['a broken array', '[{"a":1},', 'FILE is not JSON'],
    ['an array of something else', '[1]', 'FILE element 1 is no object'],
    ['nothing of use', JSON.stringify(EVENTS[4]), 'FILE has no clicks'],
  ])('say where there is %s', async (_, content, expected) => {
    expect(await fault(content)).toContain(expected);
  });
});
