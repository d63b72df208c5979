import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('the browser bundle is small and holds nothing of Node, the server or a package', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/client-size.mjs', '--json'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const { gzip, allowed, inputs } = JSON.parse(stdout);
  expect(gzip).toBeLessThan(allowed);
  expect(inputs).toContain('client/browser.ts');
});
