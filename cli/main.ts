#!/usr/bin/env node
/** The `gapless` command. Exit codes: 0 as wished, 1 not, and what a command's own help names. */
import { CommanderError } from 'commander';
import { report } from './errors.ts';
import { makeProgram } from './program.ts';

// A reader that has seen enough (`| head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

try {
  await makeProgram().parseAsync();
} catch (error) {
  // commander has printed its own message already.
  process.exitCode = error instanceof CommanderError ? error.exitCode : report(error);
}
