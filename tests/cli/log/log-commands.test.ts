/** `log read`, `log stats` and `dlq list` on a log whose content is known. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../../server/log/embedded/log.ts';
import { finish, runCli, startCli, temporaryFolder } from '../../helpers/cli.ts';
import { runHere } from '../../helpers/cli-here.ts';
import { LogWriter, WRITTEN_AT } from '../../helpers/log-writer.ts';

const HOUR = 3_600_000;
const folder = temporaryFolder();
const DATA = ['--data-dir', folder.in('data')];
const DAMAGED = ['--data-dir', folder.in('damaged')];

function play(user: string, track: string, action = 'play'): Record<string, unknown> {
  return { type: 'user_interaction', timestamp: 1, user_id: user, session_id: 's', track_id: track, action };
}

async function write(name: string, fill: (writer: LogWriter) => Promise<void>): Promise<void> {
  const options = { partitions: 3, rememberProducersMs: HOUR, dedupMs: HOUR, minFreeBytes: 0 };
  const log = await openEmbeddedLog({ dir: folder.in(name), ...options });
  await fill(new LogWriter(log));
  await log.close();
}

beforeAll(async () => {
  await write('data', async (writer) => {
    await writer.events(0, 'a', [
      { seq: 1, event: play('ann', 't1'), added: { device: 'tv' } },
      { seq: 3, event: play('ann', 't1', 'skip') },
    ]);
    await writer.events(2, 'b', [{ seq: 1, event: { ...play('bob', 'x\u001b[31m'), type: 'track_skipped' } }], 4);
    writer.now = WRITTEN_AT + HOUR;
    await writer.events(0, 'a', [
      { seq: 4, event: { type: 'recommendation_shown', user_id: 'ann', track_id: 't2', position: 7 } },
    ]);
    await writer.deadLetters(1, 'a', [
      { seq: 2, code: 'invalid_field', path: 'action', event: { ...play('ann', 't1', 'jump'), timestamp: 2 ** 40 } },
      { seq: 5, code: 'unknown_type', path: 'type', event: { type: 'x' }, format: 'json' },
      { seq: 6, code: 'invalid_field', path: '', event: new Uint8Array([0xc1]) },
    ]);
  });
  await write('damaged', async (writer) => {
    await writer.events(0, 'a', [{ seq: 1, event: play('ann', 't1') }]);
    await writer.damaged(0);
    await writer.damaged(1, 'dead-letters');
    await writer.events(0, 'a', [{ seq: 2, event: play('ann', 't2') }]);
  });
});
afterAll(() => folder.remove());

async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await runHere([...args, '--json', ...DATA]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
async function places(...filters: string[]): Promise<string[]> {
  const list = await rows('log', 'read', ...filters);
  return list.map(({ partition, position }) => `${partition}/${position}`);
}

describe('gapless log read', () => {
  it('prints every event with its place and all its fields', async () => {
    const [first, second, third, fourth] = await rows('log', 'read');
    expect(first).toEqual({
      ...{ partition: 0, position: 1, tenant: 'default', producer: 'a', epoch: 1, seq: 1, received_at: WRITTEN_AT },
      ...play('ann', 't1'),
      device: 'tv',
    });
    expect(second).toMatchObject({ partition: 0, position: 2, seq: 3, action: 'skip' });
    expect(third).toMatchObject({ partition: 0, position: 3, track_id: 't2', event_position: 7 });
    expect(fourth).toMatchObject({ partition: 2, position: 1, producer: 'b', epoch: 4 });
  });

  it('filters', async () => {
    const cases: [filters: string[], expected: string[]][] = [
      [[], ['0/1', '0/2', '0/3', '2/1']],
      [['--partition', '2'], ['2/1']],
      [
        ['--partition', '2,1', '--partition', '0'],
        ['0/1', '0/2', '0/3', '2/1'],
      ],
      [['--type', 'skip'], ['0/2']],
      [
        ['--type', 'track_skipped,recommendation_shown'],
        ['0/3', '2/1'],
      ],
      [['--user', 'bob'], ['2/1']],
      [
        ['--producer', 'a'],
        ['0/1', '0/2', '0/3'],
      ],
      [
        ['--from', '2'],
        ['0/2', '0/3'],
      ],
      [
        ['--limit', '2'],
        ['0/1', '0/2'],
      ],
      [['--since', new Date(WRITTEN_AT + 1).toISOString()], ['0/3']],
      [['--since', '1m'], []],
    ];
    for (const [filters, expected] of cases) expect(await places(...filters), filters.join(' ')).toEqual(expected);
  });

  it('prints a table in which nothing controls the terminal', async () => {
    const { code, stdout } = await runCli(['log', 'read', ...DATA]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^PART +POSITION +RECEIVED/);
    expect(lines[1]).toContain('2026-01-02 03:04:05.000');
    expect(lines[4]).toContain('x?[31m');
    expect(lines[4]).toContain('b/4');
  });

  it('leaves damaged entries out, says so, and ends with 3', async () => {
    const { code, stdout, stderr } = await runCli(['log', 'read', '--json', ...DAMAGED]);
    expect(code).toBe(3);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).position),
    ).toEqual([1, 3]);
    expect(stderr).toContain('damaged entry in partition 0, up to position 2: checksum');
    expect((await runHere(['dlq', 'list', ...DAMAGED])).code).toBe(3);
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = startCli(['log', 'read', ...DATA]);
    child.stdout!.destroy();
    const { code, stderr } = await finish(child);
    expect(code).toBe(0);
    expect(stderr).toBe('');
  });
});

describe('gapless log stats', () => {
  it('tells positions and sizes', async () => {
    const [stats] = await rows('log', 'stats');
    expect(stats).toMatchObject({
      partitions: 3,
      events: {
        stored: 4,
        ever: 4,
        byPartition: [{ partition: 0, first: 1, last: 3, stored: 3 }, { stored: 0 }, { last: 1 }],
      },
      deadLetters: { stored: 3, byPartition: [{ stored: 0 }, { partition: 1, stored: 3 }, { stored: 0 }] },
    });
    const { stdout } = await runHere(['log', 'stats', ...DATA]);
    expect(stdout).toContain('3 partitions');
    expect(stdout).toMatch(/all +│ +4 │/);
  });
});

describe('gapless dlq list', () => {
  it('shows what was sent, as hex where it cannot be decoded', async () => {
    const letters = await rows('dlq', 'list');
    expect(letters).toMatchObject([
      {
        ...{ stage: 'validate', code: 'invalid_field', path: 'action', message: 'not good' },
        seq: 2,
        event: { action: 'jump' },
      },
      { code: 'unknown_type', format: 'json', event: { type: 'x' } },
      { seq: 6, event_hex: 'c1' },
    ]);
    expect(letters[0]).toMatchObject({
      partition: 1,
      position: 1,
      producer: 'a',
      epoch: 1,
      received_at: WRITTEN_AT + HOUR,
    });
    expect(letters[0]!.event).toMatchObject({ timestamp: 2 ** 40 });
  });

  it('filters', async () => {
    const cases: [filters: string[], seqs: number[]][] = [
      [
        ['--code', 'invalid_field'],
        [2, 6],
      ],
      [['--stage', 'decode'], []],
      [['--user', 'ann'], [2]],
      [['--partition', '0'], []],
      [['--limit', '1'], [2]],
    ];
    for (const [filters, seqs] of cases) {
      const list = await rows('dlq', 'list', ...filters);
      expect(
        list.map(({ seq }) => seq),
        filters.join(' '),
      ).toEqual(seqs);
    }
    const { stdout, stderr } = await runHere(['dlq', 'list', '--producer', 'nobody', ...DATA]);
    expect(stdout).toBe('');
    expect(stderr).toContain('No dead letters.');
  });
});
