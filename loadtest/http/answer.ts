/** Whether an answer says what it must: everything good accepted, and exactly the bad ones named, each with its code. */

export interface Expected {
  count: number;
  /** The code that the event at this index must be refused with; null for a good one. */
  refusal(index: number): string | null;
  /** The request went out more than once, so that its events may have been there before. */
  repeated: boolean;
}

interface Settled {
  accepted: number;
  duplicates?: number;
  rejected: { index: number; code: string }[];
}

/** What is wrong with it, in words, or how many events it refused, all of them rightly. */
export function checkAnswer(status: number, body: string, expected: Expected): string | number {
  // 422: nothing of it was good; the body is the same.
  if (status !== 200 && status !== 422) return `answered with ${status}: ${body.slice(0, 200)}`;
  const answer = parse(body);
  if (!answer) return `the answer is not what it should be: ${body.slice(0, 200)}`;
  const refused = new Map(answer.rejected.map(({ index, code }) => [index, code]));
  let bad = 0;
  for (let index = 0; index < expected.count; index++) {
    const wanted = expected.refusal(index);
    if (wanted !== null) bad++;
    const code = refused.get(index) ?? null;
    if (code !== wanted)
      return `the event at ${index} was answered with ${code ?? 'accepted'} instead of ${wanted ?? 'accepted'}`;
  }
  const { accepted, duplicates = 0, rejected } = answer;
  if (rejected.length !== bad) return `${rejected.length} rejections where ${bad} events were bad`;
  if (duplicates > 0 && !expected.repeated) return `${duplicates} duplicates of what was sent once`;
  if (accepted + duplicates !== expected.count - bad)
    return `${accepted + duplicates} accepted of ${expected.count - bad}`;
  return bad;
}

function parse(body: string): Settled | null {
  try {
    const value = JSON.parse(body) as Settled;
    return Number.isSafeInteger(value.accepted) && Array.isArray(value.rejected) ? value : null;
  } catch {
    return null;
  }
}
