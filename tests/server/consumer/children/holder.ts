/** Takes partition 0 and commits as fast as the store answers: `<fence> <position>` on stdout. */
import { writeSync } from 'node:fs';
import { openEmbeddedGroups } from '../../../../server/consumer/embedded/groups.ts';

const [dir, member, ttlMs] = process.argv.slice(2) as [string, string, string];
const groups = await openEmbeddedGroups({ dir, group: 'processor' });
for (;;) {
  const lease = await groups.acquire(0, member, Number(ttlMs));
  if (!lease) continue;
  let position = (await groups.progress())[0]!.position;
  while (await groups.commit(lease, position, position + 1)) {
    writeSync(1, `${lease.fence} ${++position}\n`);
    await groups.renew(lease, Number(ttlMs));
  }
}
