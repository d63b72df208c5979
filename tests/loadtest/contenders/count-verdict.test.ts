import { describe, expect, it } from 'vitest';
import { countVerdict } from '../../../loadtest/contenders/count-verdict.ts';

const events = { seed: 1, perConnection: 1, startMs: 0 };
const SENT = [
  { events, tallies: [{ producer: 'a', connection: 0, sent: 5, acknowledged: 5 }] },
  { events, tallies: [{ producer: 'b', connection: 0, sent: 5, acknowledged: 3 }] },
];

describe('countVerdict', () => {
  it.each([8, 9, 10])('allows %i of 10 sent and 8 acknowledged', (stored) => {
    expect(countVerdict(stored, SENT)).toMatchObject({ ok: true, stored, acknowledged: 8, missing: 0, repeated: 0 });
  });

  it('finds what is missing and what is too much', () => {
    expect(countVerdict(6, SENT)).toMatchObject({ ok: false, missing: 2, repeated: 0 });
    expect(countVerdict(11, SENT)).toMatchObject({ ok: false, missing: 0, repeated: 1 });
  });
});
