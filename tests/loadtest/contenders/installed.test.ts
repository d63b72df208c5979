import { expect, it } from 'vitest';
import { whyNotInstalled } from '../../../loadtest/contenders/installed.ts';

it('names the packages that are not there, and what to do', () => {
  expect(whyNotInstalled('ws', 'ioredis')).toBeNull();
  expect(whyNotInstalled('ws', 'no-such-package')).toMatch(/^not installed: no-such-package; .*npm ci/);
});
