/** Lua scripts that run inside Redis, each one atomic. They begin with `#!lua`, so that Redis refuses them as a whole where it cannot run them. */
import { createHash } from 'node:crypto';
import { type Argument, call, callUncopied, type RedisClient } from './client.ts';
import { isNoScript } from './fault.ts';

export interface Script {
  source: string;
  sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

export interface ScriptCall {
  script: Script;
  /** All in one slot; every key that the script touches. */
  keys: readonly string[];
  args: readonly Argument[];
  /** Nobody changes the arguments before there is an answer, nor where there is none: then large ones are sent as they stand. */
  uncopied?: boolean;
}

/** Runs a script. Where Redis does not know it yet (a restart, a failover, SCRIPT FLUSH), it is sent in full. */
export async function runScript(client: RedisClient, { script, keys, args, uncopied }: ScriptCall): Promise<unknown> {
  const send = uncopied ? callUncopied : call;
  try {
    return await send(client, 'evalsha', script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isNoScript(error)) throw error;
    return send(client, 'eval', script.source, keys.length, ...keys, ...args);
  }
}

/** How many replicas must have what a script wrote, and how long to wait for them, ms. */
export interface ReplicaWait {
  replicas: number;
  timeoutMs: number;
}

/** Too few replicas answered in time; what was written stands on the master. Counts as in doubt. */
export class ReplicasMissingError extends Error {
  override readonly name = 'ReplicasMissingError';
}

/**
 * Runs a script that writes something, and WAITs on the same connection, because only there WAIT speaks of it. One pipeline of one slot:
 * in a Cluster both go to the same node or the script fails.
 */
export async function runScriptAndWait(client: RedisClient, what: ScriptCall, wait: ReplicaWait): Promise<unknown> {
  const { script, keys, args } = what;
  try {
    return await scriptAndWait(client, ['evalsha', script.sha, keys.length, ...keys, ...args], wait);
  } catch (error) {
    if (!isNoScript(error)) throw error;
    return scriptAndWait(client, ['eval', script.source, keys.length, ...keys, ...args], wait);
  }
}

async function scriptAndWait(
  client: RedisClient,
  command: [string, ...Argument[]],
  { replicas, timeoutMs }: ReplicaWait,
): Promise<unknown> {
  const answers = await client
    .pipeline()
    .callBuffer(...command)
    .call('wait', replicas, timeoutMs)
    .exec();
  const [[scriptError, answer], [waitError, count]] = answers as [[Error | null, unknown], [Error | null, unknown]];
  if (scriptError) {
    // Unlike single commands a pipeline is not sent on to where the slot went.
    if ('refreshSlotsCache' in client && /^(MOVED|ASK)/.test(scriptError.message)) client.refreshSlotsCache();
    throw scriptError;
  }
  if (waitError) throw new ReplicasMissingError(waitError.message, { cause: waitError });
  if (Number(count) < replicas)
    throw new ReplicasMissingError(`${count} of ${replicas} replicas answered in ${timeoutMs} ms`);
  return answer;
}
