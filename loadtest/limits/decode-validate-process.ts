/** Prints events per second: `node limits/decode-validate-process.js EVENTS MS`, the first an `EventPlan` as JSON. */
import { Unpackr } from 'msgpackr/unpack';
import type { EventPlan } from '../generator/plan.ts';
import { decodeAndValidateFrame, framesOf } from './decode-validate.ts';

function measure(frames: readonly Uint8Array[], ms: number): number {
  const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'number' });
  let rate = 0;
  for (const pass of ['warm up', 'measure'] as const) {
    const began = performance.now();
    let events = 0;
    for (let i = 0; performance.now() - began < ms; i++) {
      events += decodeAndValidateFrame(unpackr, frames[i % frames.length]!);
    }
    if (pass === 'measure') rate = (events * 1000) / (performance.now() - began);
  }
  return rate;
}

console.log(measure(framesOf(JSON.parse(process.argv[2]!) as EventPlan), Number(process.argv[3])));
