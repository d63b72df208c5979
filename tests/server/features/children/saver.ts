/** Saves as fast as the store answers, goes on from what stands, and says on stdout what was saved: `<scope> <position>`. */
import { writeSync } from 'node:fs';
import { openEmbeddedFeatureStore } from '../../../../server/features/embedded/store.ts';
import { openRedisFeatureStore } from '../../../../server/features/redis/store.ts';
import { SCOPES, saveNext } from '../scopes.ts';

const [engine, where, prefix] = process.argv.slice(2) as ['embedded' | 'redis', string, string];
const store =
  engine === 'embedded'
    ? await openEmbeddedFeatureStore(where, { minFreeBytes: 0 })
    : await openRedisFeatureStore({ url: where, prefix });

await Promise.all(
  SCOPES.map(async (scope, i) => {
    for (;;) writeSync(1, `${i} ${await saveNext(store, scope)}\n`);
  }),
);
