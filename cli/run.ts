import { CommanderError } from 'commander';
import { report } from './errors.ts';
import { makeProgram } from './program.ts';

/** Runs a command; what went wrong is printed, `process.exitCode` tells of it. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await makeProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    // commander has printed its own message already.
    process.exitCode = error instanceof CommanderError ? error.exitCode : report(error);
  }
}
