/** A real server in this process, on the embedded engine in a folder of its own, on a free port. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../server/config.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { silentLogger } from '../../server/ops/logger.ts';

export interface TestServer extends RunningServer {
  readonly dataDir: string;
  /** One metric's value, 0 where it is missing. */
  metric(line: string): Promise<number>;
  http(path: string): string;
}

export function testConfig(env: Record<string, string> = {}): Config {
  const loaded = loadConfig({ GAPLESS_PORT: '0', GAPLESS_MIN_FREE_BYTES: '0', ...env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

/** `env` as for a real server; without GAPLESS_DATA_DIR the data goes when the server stops. */
export async function startTestServer(env: Record<string, string> = {}): Promise<TestServer> {
  const dataDir = env.GAPLESS_DATA_DIR ?? mkdtempSync(join(tmpdir(), 'gapless-test-'));
  const server = await startServer(testConfig({ GAPLESS_DATA_DIR: dataDir, ...env }), silentLogger());
  const http = (path: string) => server.url.replace(/^ws/, 'http') + path;
  return {
    ...server,
    get state() {
      return server.state;
    },
    dataDir,
    http,
    async metric(line) {
      const text = await (await fetch(http('/metrics'))).text();
      const found = text.split('\n').find((one) => one.startsWith(`${line} `));
      return Number(found?.slice(line.length + 1) ?? 0);
    },
    async stop() {
      await server.stop();
      if (env.GAPLESS_DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
