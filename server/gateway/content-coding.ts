/** Which of the representations that are there a request wants: Accept-Encoding and If-None-Match (RFC 9110, sections 12.5.3 and 13.1.2). */

/** The smallest first: it is what a client gets that says nothing against it. */
export const CODINGS = ['br', 'gzip', 'identity'] as const;
export type Coding = (typeof CODINGS)[number];

/** The best of what is there by the client's weights, then by ours; `identity` where it wants none of them. */
export function chooseCoding(acceptEncoding: string | undefined, there: readonly Coding[]): Coding {
  // Who does not say may be anything: what everybody can read.
  if (acceptEncoding === undefined) return 'identity';
  const weights = parseWeights(acceptEncoding);
  let best: Coding = 'identity';
  let most = 0;
  for (const coding of CODINGS) {
    const weight = there.includes(coding) ? weightOf(coding, weights) : 0;
    if (weight > most) [best, most] = [coding, weight];
  }
  return best;
}

/** Of `identity`, where nothing is said: lower than of anything that is named. */
const UNNAMED_IDENTITY = 0.0001;

function weightOf(coding: Coding, weights: ReadonlyMap<string, number>): number {
  const named = weights.get(coding) ?? weights.get('*');
  return named ?? (coding === 'identity' ? UNNAMED_IDENTITY : 0);
}

function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const q = parameters.find((text) => text.startsWith('q='))?.slice(2);
    if (name !== '') weights.set(name, q === undefined ? 1 : weightFrom(q));
  }
  return weights;
}

/** 0 where it is not a weight: who writes it wrongly gets the plain bytes. */
function weightFrom(text: string): number {
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}

/** Whether the client has this representation already. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
