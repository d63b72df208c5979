/**
 * What must hold before anything else is loaded: the Node version that uWebSockets.js has a binary for, and that this binary is the
 * one the project was tested with (`uws-binaries.ts`; it is native code from a registry, so its hash is recorded and compared).
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UWS_BINARIES } from './uws-binaries.ts';

export interface Runtime {
  node: string;
  platform: string;
  arch: string;
  /** Node's binary interface: 115 is Node 20, 127 is Node 22. */
  abi: string;
}

export type RuntimeCheck =
  | { ok: true; node: string; binary: { name: string; sha256: string; known: boolean } }
  /** `message` says what is wrong and what to do. */
  | { ok: false; message: string };

const SUPPORTED = 'Gapless runs on Node 20 (20.19 or newer) and Node 22.';

export function checkRuntime(runtime: Runtime = thisRuntime(), folder = binaryFolder()): RuntimeCheck {
  const [major = 0, minor = 0] = runtime.node.split('.').map(Number);
  if (!((major === 20 && minor >= 19) || major === 22)) {
    return {
      ok: false,
      message: `This is Node ${runtime.node}. ${SUPPORTED} Install one of them, for example: nvm install 22`,
    };
  }
  if (!folder) return { ok: false, message: 'The package uWebSockets.js is not installed. Run: npm ci' };

  const name = `uws_${runtime.platform}_${runtime.arch}_${runtime.abi}.node`;
  const file = join(folder, name);
  if (!existsSync(file)) {
    return {
      ok: false,
      message: `There is no uWebSockets.js binary for ${runtime.platform} ${runtime.arch} and Node ${runtime.node} (${name}). ${SUPPORTED} Run npm ci on this machine; on Linux a glibc distribution is needed (Alpine is not).`,
    };
  }
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  return { ok: true, node: runtime.node, binary: { name, sha256, known: UWS_BINARIES[name] === sha256 } };
}

function thisRuntime(): Runtime {
  return { node: process.versions.node, platform: process.platform, arch: process.arch, abi: process.versions.modules };
}

/** Found without loading the package: on a wrong Node that would throw. */
function binaryFolder(): string | undefined {
  const roots = createRequire(import.meta.url).resolve.paths('uWebSockets.js') ?? [];
  return roots.map((root) => join(root, 'uWebSockets.js', 'dist', 'bin')).find((folder) => existsSync(folder));
}
