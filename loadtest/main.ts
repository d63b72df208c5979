/** `npm run loadtest`. */
import { CommanderError } from 'commander';
import { report } from '../cli/errors.ts';
import { strict } from '../cli/strict.ts';
import { loadtestCommand } from './command.ts';

try {
  const command = loadtestCommand('npm run loadtest --');
  strict(command);
  await command.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? error.exitCode : report(error);
}
