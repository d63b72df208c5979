/** A thread's log lines are written by the thread that owns the process's log. */
import type { Logger } from '../ops/logger.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
type Level = (typeof LEVELS)[number];

/** What the owner of a thread lets it call. */
export interface LogCalls {
  log(level: Level, fields: object, message: string): void;
}

/** The owner's side. */
export function logCalls(logger: Logger): LogCalls {
  return { log: (level, fields, message) => logger[level](fields, message) };
}

/** The thread's side. Fields must be plain data or errors, as they cross threads. */
export function remoteLogger(say: LogCalls['log'], own: object = {}): Logger {
  const at = (level: Level) => (fields: object, message: string) => say(level, { ...own, ...fields }, message);
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => remoteLogger(say, { ...own, ...fields }),
  };
}
