/** A process that pushes events through a file store until it is killed: `url path run`. */
import { connect, fileStore } from '../../client/node.ts';

const [url, path, run] = process.argv.slice(2) as [string, string, string];
const client = connect({ url, producer: 'kill-me', epoch: 1, outbox: { maxEvents: 500, store: fileStore(path) } });
client.on('error', (error) => {
  console.error(error);
  process.exit(1);
});
for (let n = 1; ; n++) {
  while (!client.push({ name: `${run}-${n}` })) await client.ready();
  // Others get their turn.
  if (n % 7 === 0) await new Promise(setImmediate);
}
