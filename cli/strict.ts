import type { Command } from 'commander';

/** Wrong arguments say what is wrong and where help is, and throw instead of ending the process. */
export function strict(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'gapless: ')) })
    .showHelpAfterError(`  Run "${fullName(command)} --help" for help.`);
  for (const sub of command.commands) strict(sub);
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
