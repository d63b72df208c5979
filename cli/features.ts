/** Features as commands see them: opened beside whatever runs. */
import { randomUUID } from 'node:crypto';
import { engineOf, engineSettings } from '../server/engines.ts';
import { userGroup, userScope } from '../server/features/groups.ts';
import { CommandError } from './errors.ts';
import { openLog } from './open-log.ts';
import type { SettingFlags } from './settings.ts';

/** How many records went. Throws LogError, StoreError, or CommandError where nothing is known of the user. */
export async function eraseUser(flags: SettingFlags, tenant: string, user: string): Promise<number> {
  const { log, config, where } = await openLog(flags);
  try {
    const { partitions } = log;
    const engine = await engineOf(config);
    const store = await engine.openFeatureStore({ ...engineSettings(config, randomUUID()), partitions });
    try {
      const records = await store.erase(userScope(tenant, user, partitions), userGroup(tenant, user));
      if (records > 0) return records;
    } finally {
      await store.close();
    }
  } finally {
    await log.close();
  }
  throw new CommandError(`nothing is known of ${user} in ${where}`, 'Ids are compared exactly.');
}
