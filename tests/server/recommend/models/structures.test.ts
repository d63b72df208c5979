import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Blocks, classFor, MAX_BLOCK_WORDS } from '../../../../server/recommend/models/blocks.ts';
import { ForwardDecay } from '../../../../server/recommend/models/decay.ts';
import { Postings } from '../../../../server/recommend/models/postings.ts';
import { Sessions } from '../../../../server/recommend/models/sessions.ts';
import { TopTracks } from '../../../../server/recommend/models/top-tracks.ts';

describe('blocks', () => {
  it('never overlap, whatever is taken and given back', () => {
    const sizes = fc.array(fc.record({ words: fc.integer({ min: 1, max: MAX_BLOCK_WORDS }), give: fc.nat(20) }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(sizes, (steps) => {
        const blocks = new Blocks();
        const live: { place: number; words: number; stamp: number }[] = [];
        for (const [stamp, { words, give }] of steps.entries()) {
          const sizeClass = classFor(words);
          const place = blocks.take(sizeClass);
          const at = blocks.at(place);
          blocks.words(place).fill(stamp, at, at + 2 ** sizeClass);
          live.push({ place, words: 2 ** sizeClass, stamp });
          if (give < live.length) {
            const [gone] = live.splice(give, 1);
            blocks.give(gone!.place, classFor(gone!.words));
          }
        }
        for (const { place, words, stamp } of live) {
          const at = blocks.at(place);
          expect(
            blocks
              .words(place)
              .subarray(at, at + words)
              .every((word) => word === stamp),
          ).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('sessions and postings', () => {
  it('are a ring: what was opened first goes first, and no list leads to what is gone', () => {
    const step = fc.record({ key: fc.nat(30), track: fc.nat(5) });
    const run = fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 120 }), (capacity, steps) => {
      const sessions = new Sessions(capacity);
      const postings = new Postings(4, sessions);
      postings.ensure(6);
      let model: { key: number; tracks: number[] }[] = [];
      for (const { key, track } of steps) {
        let slot = sessions.find('u', String(key));
        expect(slot >= 0).toBe(model.some((session) => session.key === key));
        if (slot < 0) {
          slot = sessions.open('u', String(key), () => {});
          model = [...model, { key, tracks: [] }].slice(-capacity);
        }
        const { tracks } = model.find((session) => session.key === key)!;
        expect(sessions.slotOf(sessions.serial(slot))).toBe(slot);
        if (!tracks.includes(track)) postings.add(track, sessions.serial(slot));
        sessions.append(slot, track);
        tracks.push(track);
      }
      expect(sessions.size).toBe(model.length);
      for (const { key, tracks } of model) {
        const slot = sessions.find('u', String(key));
        expect(tracks.map((_, index) => sessions.track(slot, index))).toEqual(tracks);
      }
      for (let track = 0; track < 6; track++) {
        for (let i = 0; i < postings.count(track); i++) {
          const slot = sessions.slotOf(postings.words(track)[postings.start(track) + i]!);
          if (slot >= 0) expect(sessions.indexOf(slot, track)).toBeGreaterThanOrEqual(0);
        }
      }
    });
    fc.assert(run, { numRuns: 100 });
  });

  it('keep a key with the newest of its sessions', () => {
    const sessions = new Sessions(3);
    const first = sessions.open('u', 's', () => {});
    const second = sessions.open('u', 's', () => {});
    expect(sessions.find('u', 's')).toBe(second);
    sessions.open('u', 'b', () => {});
    sessions.open('u', 'c', (slot) => expect(slot).toBe(first));
    expect(sessions.find('u', 's')).toBe(second);
    expect(sessions.find('us', '')).toBe(-1);
  });
});

describe('the most played', () => {
  it('are those with the highest popularity, as long as popularity only rises', () => {
    const plays = fc.array(fc.record({ track: fc.nat(30), amount: fc.integer({ min: 1, max: 5 }) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(plays, fc.integer({ min: 1, max: 10 }), (plays, limit) => {
        const popularity = new Float64Array(31);
        const top = new TopTracks(limit);
        const inside = new Set<number>();
        for (const { track, amount } of plays) {
          popularity[track]! += amount;
          if (inside.has(track)) continue;
          inside.add(track);
          inside.delete(top.offer(track, popularity));
        }
        const lowest = Math.min(...top.tracks.map((track) => popularity[track]!), Number.POSITIVE_INFINITY);
        expect(new Set(top.tracks)).toEqual(inside);
        for (let track = 0; track <= 30; track++) {
          if (!inside.has(track)) expect(popularity[track]).toBeLessThanOrEqual(lowest);
        }
      }),
    );
  });
});

describe('forward decay', () => {
  it('gives sums that are decayed sums, over any span and in any order', () => {
    const times = fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(times, (times) => {
        let sum = 0;
        const decay = new ForwardDecay(1000, (factor) => {
          sum *= factor;
        });
        for (const at of times) {
          const weight = decay.weight(at);
          sum += weight;
        }
        const end = Math.max(...times);
        const expected = times.reduce((all, at) => all + 2 ** (-(end - at) / 1000), 0);
        expect(sum * decay.factor(end)).toBeCloseTo(expected, 9);
      }),
    );
  });
});
