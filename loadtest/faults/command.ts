/** Runs the `gapless` command as a user would, and reads its JSON. */
import { Child, CLI } from '../harness/child.ts';

export interface CommandResult<T> {
  code: number | null;
  result: T;
}

export interface SendResult {
  status: string;
  lines: number;
  stored: number;
  already: number;
  rejected: number;
  unsettled: number;
  reconnects: number;
  durability: string | null;
  seconds: number;
}

/** Counts of `gapless verify`; a fault that was not found has the count 0. */
export interface VerifyResult {
  ok: boolean;
  lines: number;
  stored: number;
  missing: number;
  /** What storage lost last of all looks as if it had not been sent. */
  not_sent: number;
  duplicates: number;
  out_of_order: number;
  different: number;
  [fault: string]: unknown;
}

export function startCommand(args: readonly string[]): Child {
  return Child.node([CLI, ...args]);
}

export async function runCommand<T>(args: readonly string[]): Promise<CommandResult<T>> {
  return finish<T>(startCommand(args));
}

/** Throws what it said if that is no JSON. */
export async function finish<T>(command: Child): Promise<CommandResult<T>> {
  const code = await command.end();
  try {
    return { code, result: JSON.parse(command.stdout) as T };
  } catch {
    throw new Error(`the command ended with ${code} and said:\n${command.tail}`);
  }
}
