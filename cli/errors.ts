/** Something that a person can put right: shown as a sentence and a hint, never with a stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** What to do about it. */
  readonly fix: string;
  readonly exitCode: number;
  constructor(message: string, fix = '', exitCode = 1) {
    super(message);
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

/** What the error of a file operation means to somebody who typed its name. */
export function fileError(error: unknown, name: string, doing: 'read' | 'write'): CommandError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const known: Record<string, [string, string]> = {
    ENOENT:
      doing === 'read'
        ? [`${name} does not exist`, 'Check the name and the folder.']
        : [`the folder of ${name} does not exist`, 'Make it first (mkdir -p).'],
    EACCES: [`${name} may not be ${doing === 'read' ? 'read' : 'written'}`, 'Check its permissions (ls -l).'],
    EISDIR: [`${name} is a folder`, 'Give the name of a file.'],
    ENOSPC: [`${name} could not be written: the disk is full`, 'Free some space and run the command again.'],
  };
  const [message, fix] = known[code] ?? [`${name} could not be ${doing}: ${(error as Error).message}`, ''];
  return new CommandError(message, fix);
}

/** Prints the error and answers the exit code. With DEBUG in the environment the stack is shown as well. */
export function report(error: unknown): number {
  const { message, fix, exitCode } = explain(error);
  process.stderr.write(`gapless: ${message}\n${fix ? `  ${fix.replaceAll('\n', '\n  ')}\n` : ''}`);
  if (process.env.DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return exitCode;
}

function explain(error: unknown): { message: string; fix: string; exitCode: number } {
  if (error instanceof CommandError) return error;
  const { name = '', code = '', message = String(error) } = error as Error & { code?: string };
  if (SELF_EXPLAINING.has(name)) return { message, fix: '', exitCode: 1 };
  const fix = (name === 'LogError' && LOG_FIXES[code]) || 'Run the same command with DEBUG=1 for the details.';
  return { message, fix, exitCode: 1 };
}

/** Their messages say what to do. */
const SELF_EXPLAINING = new Set(['ListenError', 'CatalogueError']);

const LOG_FIXES: Record<string, string> = {
  unavailable: 'Check that the storage runs and can be reached, then run the command again.',
  in_doubt: 'Check that the storage runs and can be reached, then run the command again.',
  misconfigured:
    'Check --data-dir, --redis-url and --redis-prefix, or GAPLESS_DATA_DIR, GAPLESS_REDIS_URL and GAPLESS_REDIS_PREFIX.',
  in_use: 'Stop the other process, or give this one a folder of its own (--data-dir or GAPLESS_DATA_DIR).',
  no_space: 'Free some space on that disk.',
};
