import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLogger, type LogLevel } from '../../../server/ops/logger.ts';

/** A logger into a file, and the lines in it. */
function toFile(level: LogLevel = 'info') {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-log-'));
  const path = join(folder, 'log');
  const fd = openSync(path, 'a');
  const logger = createLogger({ level, fd, pretty: false });
  onTestFinished(() => {
    logger.flush();
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const text = () => {
    logger.flush();
    return readFileSync(path, 'utf8');
  };
  const lines = () =>
    text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, text, lines };
}

describe('a log line', () => {
  it('is one JSON object with level, time and message', async () => {
    const { logger, lines } = toFile();
    logger.info({ session: 's1', bytes: 5 }, 'opened');
    logger.child({ part: 'gateway' }).warn({}, 'slow');
    logger.debug({}, 'not this');
    await expect.poll(() => lines().length).toBe(2);
    const sorted = lines().sort((a, b) => String(a.msg).localeCompare(String(b.msg)));
    expect(sorted[0]).toMatchObject({ level: 'info', session: 's1', bytes: 5, msg: 'opened', pid: process.pid });
    expect(sorted[1]).toMatchObject({ level: 'warn', part: 'gateway', msg: 'slow' });
    expect(Date.parse(String(sorted[0]!.time))).toBeGreaterThan(0);
  });

  it('holds nothing secret or personal, wherever somebody put it', async () => {
    const { logger, text } = toFile();
    for (const name of [
      'token',
      'authorization',
      'cookie',
      'password',
      'user_id',
      'userId',
      'address',
      'events',
      'context',
    ]) {
      logger.info({ [name]: 'hush-1' }, 'direct');
      logger.info({ inner: { [name]: 'hush-2' } }, 'inside');
    }
    await expect.poll(() => text().split('\n').length).toBe(19);
    expect(text()).not.toContain('hush');
    expect(text()).toContain('[removed]');
  });

  it('is of bounded length, and one line whatever is in it', async () => {
    const { logger, text, lines } = toFile();
    const error = Object.assign(new Error(`y${'x'.repeat(10_000)}`), { code: 'E_TEST' });
    logger.error({ agent: `a\nb\u0000${'z'.repeat(10_000)}`, err: error }, 'too much');
    logger.error({ err: 'just text' }, 'no error');
    await expect.poll(() => lines().length).toBe(2);
    const line = lines().find(({ msg }) => msg === 'too much')!;
    expect(text().length).toBeLessThan(5_000);
    expect(String(line.agent).length).toBeLessThan(310);
    expect(line.err).toMatchObject({ name: 'Error', code: 'E_TEST', message: expect.stringMatching(/^yx+\.\.\.$/) });
  });
});

describe('the end of a process', () => {
  const script = fileURLToPath(new URL('./logger-child.ts', import.meta.url));
  const child = (mode: string): ChildProcess => {
    const started = spawn(process.execPath, ['--import', 'tsx', script, mode], { stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void started.kill('SIGKILL'));
    return started;
  };
  const exitOf = (process: ChildProcess) => new Promise<number | null>((resolve) => process.once('close', resolve));

  it('loses no line', async () => {
    const process = child('exit');
    let out = '';
    process.stdout!.on('data', (chunk) => {
      out += chunk;
    });
    expect(await exitOf(process)).toBe(3);
    expect(out.trim().split('\n')).toHaveLength(100);
  });

  it('comes although nobody reads, and what is dropped is counted', async () => {
    const process = child('stall');
    let err = '';
    process.stderr!.on('data', (chunk) => {
      err += chunk;
    });
    const exit = new Promise((resolve) => process.once('exit', resolve));
    expect(await exit).toBe(3);
    await expect.poll(() => err).toMatch(/^dropped [1-9]\d*\n$/);
  });

  it('comes when it is due and not before, although the reader went away', async () => {
    const process = child('closed');
    process.stdout!.destroy();
    expect(await exitOf(process)).toBe(3);
  });
});
