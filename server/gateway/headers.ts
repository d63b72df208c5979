/** The headers of a request, and what in them is ambiguous: two readers of such a request could see two different ones. */

export interface Headers {
  values: Map<string, string>;
  /** What is ambiguous, for people; never what the client wrote. */
  malformed?: string;
}

/** Headers that may come once. */
const SINGLE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'authorization',
  'origin',
  'sec-websocket-key',
  'sec-websocket-version',
]);

/** `each` calls back for every header line, names in lower case. */
export function readHeaders(each: (line: (name: string, value: string) => void) => void): Headers {
  const values = new Map<string, string>();
  let malformed: string | undefined;
  each((name, value) => {
    const before = values.get(name);
    if (before !== undefined && SINGLE.has(name)) malformed ??= `The header ${name} comes twice.`;
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  });
  const encoding = values.get('transfer-encoding');
  if (!values.get('host')) malformed ??= 'There is no Host header.';
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    malformed ??= 'The only Transfer-Encoding taken is chunked.';
  if (encoding !== undefined && values.has('content-length'))
    malformed ??= 'Content-Length and Transfer-Encoding exclude each other.';
  return malformed === undefined ? { values } : { values, malformed };
}
