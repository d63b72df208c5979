/**
 * The log: one JSON object a line on stdout, for people where stdout is a terminal.
 *
 * - Lines are handed to the system without waiting, and what it does not take is bounded: beyond `BUFFER_CHARS` lines are dropped
 *   and counted, the server never waits for its log. `flush()` writes what is left, for the fatal path.
 * - What a client wrote appears only as the value of a field, never in a message, and is cut to `FIELD_MAX` characters.
 * - Tokens, cookies, user ids, addresses and payloads are taken out wherever they stand in the first two levels.
 */
import { createRequire } from 'node:module';
import pino from 'pino';
import type { LOG_LEVELS } from '../config.ts';
import { createLogWriter } from './log-writer.ts';

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Logger {
  trace(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: object): Logger;
}

export interface LogFile extends Logger {
  /** Writes what is buffered before it returns, or gives up after half a second. Never throws. */
  flush(): void;
  /** Lines that were dropped because nobody read stdout. */
  dropped(): number;
}

export interface LoggerOptions {
  level: LogLevel;
  /** File descriptor; default stdout. */
  fd?: number;
  /** Default: whether the descriptor is a terminal. */
  pretty?: boolean;
}

const BUFFER_CHARS = 1024 * 1024;
const FIELD_MAX = 300;
const STACK_MAX = 2_000;
const PRIVATE = ['token', 'authorization', 'cookie', 'password', 'user_id', 'userId', 'address', 'events', 'context'];

export function createLogger({
  level,
  fd = 1,
  // Asking for `process.stdout` also makes a pipe one that does not block its writer.
  pretty: forPeople = fd === 1 && process.stdout.isTTY,
}: LoggerOptions): LogFile {
  const writer = createLogWriter(fd, BUFFER_CHARS);
  process.once('exit', writer.flush);
  const format = forPeople ? formatForPeople() : null;
  const stream = format ? { write: (line: string) => writer.write(format(line)) } : writer;
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: clipped },
      serializers: { err: describeError, error: describeError },
      redact: { paths: PRIVATE.flatMap((name) => [name, `*.${name}`]), censor: '[removed]' },
    },
    stream,
  );
  return Object.assign(logger as Logger, {
    flush: writer.flush,
    dropped: writer.dropped,
  });
}

/** Loaded only here: a service has no terminal. */
function formatForPeople(): (line: string) => string {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return prettyFactory({ colorize: true, ignore: 'pid', translateTime: 'SYS:HH:MM:ss.l' });
}

/** For tests and tools that want no log. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' }) as Logger;
}

/** Name, code, message and stack of anything that was thrown, each of bounded length. */
function describeError(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { name: 'thrown', message: clip(String(thrown), FIELD_MAX) };
  const { name, message, stack } = thrown;
  const code = (thrown as { code?: unknown }).code;
  return {
    name,
    ...(code === undefined ? {} : { code: clip(String(code), FIELD_MAX) }),
    message: clip(message, FIELD_MAX),
    stack: clip(stack ?? '', STACK_MAX),
    ...(thrown.cause === undefined ? {} : { cause: clip(String(thrown.cause), FIELD_MAX) }),
  };
}

function clipped(fields: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    result[name] = typeof value === 'string' ? clip(value, FIELD_MAX) : value;
  return result;
}

function clip(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}...` : text;
}
