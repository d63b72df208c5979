/**
 * What an idle publishing connection costs the server in resident memory: `npx tsx loadtest/micro/idle-connections.ts [connections] [open before]`.
 * The build must stand; a process may need `ulimit -n` above the number of connections.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { EncodedEvents } from '../generator/events.ts';
import { GaplessConnection } from '../generator/gapless-connection.ts';
import { GaplessServer } from '../harness/gapless-server.ts';
import { residentBytes } from '../harness/proc.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../harness/temporary.ts';

const connections = Number(process.argv[2] ?? 9_000);
/** Connected before the first look, so that the code is compiled and the heap has its size. */
const WARM_UP = Number(process.argv[3] ?? 200);
/** Opened at once. */
const OPENING = 50;
const SETTLE_MS = 4_000;

const NO_EVENTS: EncodedEvents = { bytes: Buffer.alloc(0), offsets: new Uint32Array(1), separator: 0, count: 0 };
const folder = await makeTemporaryFolder('gapless-idle-');
// Each open socket reserves its largest message in the credit budget.
const env = { GAPLESS_DATA_DIR: folder, GAPLESS_CREDIT_BUDGET_BYTES: '1GiB', ENABLE_REALTIME_PROCESSING: 'false' };
const server = await GaplessServer.start({ env });
const opened: GaplessConnection[] = [];

async function open(upTo: number): Promise<number> {
  while (opened.length < upTo) {
    const some = Array.from({ length: Math.min(OPENING, upTo - opened.length) }, (_, i) => {
      const target = { url: server.url, producer: `idle-${opened.length + i}` };
      return new GaplessConnection(target, NO_EVENTS, { progress() {}, fault: (text) => console.error(text) });
    });
    await Promise.all(some.map((connection) => connection.open()));
    opened.push(...some);
  }
  await delay(SETTLE_MS);
  return residentBytes(server.pid);
}

const before = await open(WARM_UP);
const after = await open(connections);
const each = (after - before) / (connections - WARM_UP);
console.log(`${connections} idle connections: ${Math.round(each)} bytes of resident memory each`);
for (const connection of opened) connection.close();
await server.stop();
await removeTemporaryFolder(folder);
process.exit(0);
