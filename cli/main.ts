#!/usr/bin/env node
/** The `gapless` command. Exit codes: 0 as wished, 1 not, and what a command's own help names. */
import { run } from './run.ts';

// A reader that has seen enough (`| head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

await run(process.argv.slice(2));
