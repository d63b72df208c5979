/** Durations and sizes as people write them: `500ms`, `30s`, `10m`, `1h`, `7d`; `65536`, `64KiB`, `64MiB`, `2GiB`. */

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;

/** Milliseconds, or null if the text is no duration. `0` needs no unit. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text);
  if (!match) return null;
  return exact(Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS]);
}

/** Bytes, or null if the text is no size. A number without a unit is bytes. */
export function parseBytes(text: string): number | null {
  const match = /^(\d{1,16})(KiB|MiB|GiB|TiB)?$/.exec(text);
  if (!match) return null;
  return exact(Number(match[1]) * (match[2] ? BYTES[match[2] as keyof typeof BYTES] : 1));
}

/** The shortest exact form: 5400000 is `90m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % MILLISECONDS[unit] === 0) return `${ms / MILLISECONDS[unit]}${unit}`;
  }
  return `${ms}ms`;
}

/** The shortest exact form: 65536 is `64KiB`. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0';
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    if (bytes % BYTES[unit] === 0) return `${bytes / BYTES[unit]}${unit}`;
  }
  return String(bytes);
}

function exact(value: number): number | null {
  return Number.isSafeInteger(value) ? value : null;
}
