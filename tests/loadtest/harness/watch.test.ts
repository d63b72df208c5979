/** Looks at a server. */
import { expect, it } from 'vitest';
import type { Running } from '../../../loadtest/contenders/contender.ts';
import { Watch } from '../../../loadtest/harness/watch.ts';

it('keeps no process alive, also where nobody stops it', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const watch = new Watch({} as Running);
  expect(timers()).toBe(before);
  watch.stop();
});
