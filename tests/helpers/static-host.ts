/** Serves a few files on loopback, as the web server of an application would. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StaticHost {
  /** Without a slash at the end. */
  readonly origin: string;
  stop(): Promise<void>;
}

/** `files`: what stands at each path. */
export async function startStaticHost(
  files: Record<string, { type: string; body: string | Buffer }>,
): Promise<StaticHost> {
  const server = createServer(({ url }, response) => {
    const file = files[new URL(url!, 'http://host').pathname];
    if (!file) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type, 'cache-control': 'no-store' }).end(file.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
