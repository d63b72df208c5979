import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GAP_MS, LivePolicy, QUIET_MS } from '../../../../server/recommend/owner/live-policy.ts';

/** Runs the policy over changes at these times; every list is made as soon as it is due and takes no time. */
function run(changes: readonly number[]): { begun: number[]; policy: LivePolicy } {
  const policy = new LivePolicy(0);
  const begun: number[] = [];
  const beginDue = (until: number): void => {
    while (policy.dueAt !== null && policy.dueAt <= until) {
      const at = policy.dueAt;
      begun.push(at);
      policy.begun(at);
    }
  };
  for (const at of changes) {
    beginDue(at);
    policy.changed(at);
  }
  beginDue(Number.POSITIVE_INFINITY);
  return { begun, policy };
}

const times = fc
  .array(fc.oneof(fc.nat(50), fc.nat(700), fc.constantFrom(GAP_MS, QUIET_MS, QUIET_MS - 1)), { maxLength: 40 })
  .map((gaps) => {
    let at = 0;
    return gaps.map((gap) => {
      at += gap;
      return at;
    });
  });

describe('when a list is due', () => {
  it('is at once for somebody who has none', () => {
    expect(run([]).begun).toEqual([0]);
  });

  it('is at once after a quiet time, then at most every 300 ms', () => {
    expect(run([1_000, 1_010, 1_100, 1_320, 1_900]).begun).toEqual([0, 1_000, 1_300, 1_600, 1_900]);
  });

  it('leaves no change behind, and none waits longer than the gap', () => {
    fc.assert(
      fc.property(times, (changes) => {
        const { begun } = run(changes);
        for (const at of changes) {
          const next = begun.find((time) => time >= at);
          expect(next).toBeDefined();
          expect(next! - at).toBeLessThanOrEqual(GAP_MS);
        }
      }),
    );
  });

  it('is at once for a change after a quiet time', () => {
    fc.assert(
      fc.property(times, (changes) => {
        const { begun } = run(changes);
        changes.forEach((at, i) => {
          if (i === 0 || at - changes[i - 1]! >= QUIET_MS) expect(begun).toContain(at);
        });
      }),
    );
  });

  it('comes sooner than the gap only for a change after a quiet time', () => {
    fc.assert(
      fc.property(times, (changes) => {
        const { begun } = run(changes);
        begun.forEach((at, i) => {
          if (i === 0 || at - begun[i - 1]! >= GAP_MS) return;
          const index = changes.indexOf(at);
          expect(index === 0 || at - changes[index - 1]! >= QUIET_MS).toBe(true);
        });
      }),
    );
  });

  it('makes no list without a change', () => {
    fc.assert(
      fc.property(times, (changes) => {
        const { begun, policy } = run(changes);
        expect(begun.length).toBeLessThanOrEqual(changes.length + 1);
        expect(policy.dueAt).toBeNull();
      }),
    );
  });

  it('tries again what failed, and a change may bring that forward', () => {
    const policy = new LivePolicy(0);
    policy.begun(0);
    policy.failed(1_000);
    expect(policy.dueAt).toBe(1_000);
    policy.changed(400);
    expect(policy.dueAt).toBe(400);
  });
});
