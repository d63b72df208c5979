/** Every scenario, in the order in which help lists them. */

import { burst } from './burst.ts';
import { connectStorm } from './connect-storm.ts';
import { connections } from './connections.ts';
import { heavyProducer } from './heavy-producer.ts';
import { hotUser } from './hot-user.ts';
import { httpRamp, httpSaturation, httpSteady } from './http.ts';
import { mixed } from './mixed.ts';
import { overload } from './overload.ts';
import { reconnectStorm } from './reconnect-storm.ts';
import { saturation } from './saturation.ts';
import { scale } from './scale.ts';
import type { Scenario } from './scenario.ts';
import { slowReaders } from './slow-readers.ts';
import { soak } from './soak.ts';
import { stall } from './stall.ts';
import { steady } from './steady.ts';
import { stepUp } from './step-up.ts';

/** Each reads only the options that it added itself. */
// biome-ignore lint/suspicious/noExplicitAny: options differ from scenario to scenario
export const SCENARIOS: readonly Scenario<any>[] = [
  steady,
  saturation,
  stepUp,
  burst,
  httpSteady,
  httpRamp,
  httpSaturation,
  connections,
  connectStorm,
  reconnectStorm,
  slowReaders,
  hotUser,
  heavyProducer,
  overload,
  stall,
  mixed,
  soak,
  scale,
];
