/** Every scenario, in the order in which help lists them. */
import { httpRamp, httpSaturation, httpSteady } from './http.ts';
import type { Scenario } from './scenario.ts';
import { steady } from './steady.ts';

/** Each reads only the options that it added itself. */
// biome-ignore lint/suspicious/noExplicitAny: options differ from scenario to scenario
export const SCENARIOS: readonly Scenario<any>[] = [steady, httpSteady, httpRamp, httpSaturation];
