import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';
import { describe, expect, it } from 'vitest';
import { decodeAndValidateFrame, framesOf } from '../../../loadtest/limits/decode-validate.ts';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });

describe('decodeAndValidateFrame', () => {
  it('takes what the generator sends, 50 events a frame', () => {
    const frames = framesOf({ seed: 1, perConnection: 120, startMs: 1_790_000_000_000 });
    expect(frames).toHaveLength(128);
    expect(decodeAndValidateFrame(unpackr, frames[0]!)).toBe(50);
    expect(decodeAndValidateFrame(unpackr, frames.at(-1)!)).toBe(50);
  });

  it('throws at an event that is not valid', () => {
    const frame = new Packr({ useRecords: false }).pack({ type: 'user_interaction', action: 'zap' });
    expect(() => decodeAndValidateFrame(unpackr, frame)).toThrow();
  });
});
