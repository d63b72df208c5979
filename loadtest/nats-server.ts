/**
 * NATS with JetStream for load tests: a nats-server of its own on free ports and in its own folder, and a stream in it.
 *
 * Set up as its documentation says for one server: file storage, one replica, WebSockets without compression (which it also leaves off by default), no
 * logging, nobody monitors it. Everything else is the default, `sync_interval` (2 minutes) too: JetStream acknowledges a message when it has written it to
 * the operating system; what `os` is in Gapless, and Redis's `everysec` is nearly that. The stream deletes nothing and looks for no
 * duplicates (publishers send no `Nats-Msg-Id`), which costs it least. Frozen: what Gapless is compared with must not move.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { NatsConnection } from '@nats-io/nats-core';
import { WebSocket } from 'ws';
import { SUBJECT } from './generator/nats-connection.ts';
import { Child } from './harness/child.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './harness/temporary.ts';
import { until } from './harness/until.ts';
import { freePort } from './redis-server.ts';

const START_MS = 20_000;
const STREAM = 'EVENTS';
const READY = 'Server is ready';

/** Why nats-server cannot be started here; null if it can. */
export function whyNoNats(): string | null {
  const found = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  return found.error
    ? `nats-server cannot be started (${found.error.message}); it is in Debian's package of that name: apt-get install nats-server`
    : null;
}

export class NatsServer {
  readonly url: string;
  readonly child: Child;
  private readonly folder: string;
  private client: NatsConnection | null = null;

  private constructor(port: number, folder: string, child: Child) {
    this.url = `ws://127.0.0.1:${port}`;
    this.folder = folder;
    this.child = child;
  }

  /** Resolves when its stream is there. */
  static async start(): Promise<NatsServer> {
    const folder = await makeTemporaryFolder('gapless-nats-');
    const port = await freePort();
    const file = path.join(folder, 'nats.conf');
    await writeFile(file, settings(await freePort(), port, folder));
    const server = new NatsServer(port, folder, Child.program('nats-server', ['-c', file]));
    try {
      await server.makeReady();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private async makeReady(): Promise<void> {
    const { child } = this;
    await until('nats-server is ready', START_MS, () => {
      if (child.ended) throw new Error(`nats-server ended:\n${child.tail}`);
      return child.tail.includes(READY);
    });
    const { wsconnect } = await import('@nats-io/nats-core');
    const { jetstreamManager, RetentionPolicy, StorageType } = await import('@nats-io/jetstream');
    this.client = await wsconnect({ servers: this.url, wsFactory, reconnect: false });
    const manager = await jetstreamManager(this.client);
    await manager.streams.add({
      name: STREAM,
      subjects: [SUBJECT],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      num_replicas: 1,
    });
  }

  /** Messages that the stream holds. */
  async stored(): Promise<number> {
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(this.client!);
    return (await manager.streams.info(STREAM)).state.messages;
  }

  async stop(): Promise<void> {
    await this.client?.close();
    await this.child.kill('SIGTERM').finally(() => removeTemporaryFolder(this.folder));
  }
}

/** Node 20 has no WebSocket of its own. */
async function wsFactory(url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false }) as unknown as globalThis.WebSocket;
  return { socket, encrypted: false };
}

function settings(port: number, webSocketPort: number, folder: string): string {
  return `
listen: "127.0.0.1:${port}"
jetstream { store_dir: "${folder}" }
websocket {
  listen: "127.0.0.1:${webSocketPort}"
  no_tls: true
  compression: false
}
`;
}
