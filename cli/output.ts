/** Writing results: many lines fast and with back pressure, and numbers as people read them. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';

const FLUSH_AT = 64 * 1024;

/** Collects text and hands it on in large pieces; `full` says when to wait for `flush()`. */
export class LineWriter {
  private readonly target: Writable;
  private pieces = '';
  lines = 0;

  constructor(target: Writable = process.stdout) {
    this.target = target;
  }

  get full(): boolean {
    return this.pieces.length >= FLUSH_AT;
  }

  /** A whole line, its newline included. */
  push(line: string): void {
    this.pieces += line;
    this.lines++;
  }

  async flush(): Promise<void> {
    if (this.pieces === '') return;
    const text = this.pieces;
    this.pieces = '';
    if (!this.target.write(text)) await once(this.target, 'drain');
  }
}

/** Prints one JSON value as a line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A line for people; standard output carries results only. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** 1234567 is `1,234,567`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

export function seconds(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${grouped(ms / 1000)} s`;
}

export function perSecond(count: number, ms: number): string {
  return `${grouped(ms > 0 ? (count / ms) * 1000 : 0)}/s`;
}
