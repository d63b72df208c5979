/** A thread for tests: echoes, calls back, fails and dies on command. */
import { tsImport } from 'tsx/esm/api';

const { serveThread, threadSettings } = await tsImport('../../../server/threads/thread.ts', import.meta.url);

const { greeting, broken } = threadSettings();
if (broken) throw new Error('it cannot start');
const { remote } = serveThread({
  echo: (bytes) => bytes,
  greet: async (name) => `${greeting} ${await remote.decorate(name)}`,
  fail: () => {
    throw new RangeError('as asked');
  },
  die: () => process.exit(3),
  hang: () => new Promise(() => {}),
  stop: async () => remote.stopping(),
});
remote.ready();
