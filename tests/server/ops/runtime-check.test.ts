import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkRuntime } from '../../../server/ops/runtime-check.ts';
import { UWS_BINARIES } from '../../../server/ops/uws-binaries.ts';

const LINUX = { node: '20.20.2', platform: 'linux', arch: 'x64', abi: '115' };

describe('checkRuntime', () => {
  it('finds the binary in use and knows it', () => {
    const check = checkRuntime();
    expect(check).toMatchObject({ ok: true, node: process.versions.node, binary: { known: true } });
    if (check.ok) expect(UWS_BINARIES[check.binary.name]).toBe(check.binary.sha256);
  });

  it.each(['18.20.0', '20.18.3', '21.7.0', '23.0.0', '24.1.0', 'nonsense'])(
    'refuses Node %s and says what to do',
    (node) => {
      const check = checkRuntime({ ...LINUX, node });
      expect(check.ok).toBe(false);
      if (!check.ok) expect(check.message).toMatch(/Node 20 .* and Node 22.*Install/);
    },
  );

  it.each([
    ['20.19.0', '115'],
    ['22.1.0', '127'],
  ])('takes Node %s', (node, abi) => {
    expect(checkRuntime({ ...LINUX, node, abi }).ok).toBe(true);
  });

  it('says when there is no binary for the machine', () => {
    const check = checkRuntime({ ...LINUX, arch: 'riscv64' });
    expect(check).toMatchObject({ ok: false, message: expect.stringContaining('npm ci') });
    expect(checkRuntime(LINUX, undefined)).toMatchObject({ ok: true });
    expect(checkRuntime(LINUX, '/nowhere')).toMatchObject({ ok: false });
  });

  it('tells a binary that is not the one of the registry', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gapless-uws-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'uws_linux_x64_115.node'), 'something else');
    expect(checkRuntime(LINUX, folder)).toMatchObject({ ok: true, binary: { known: false } });
  });
});
