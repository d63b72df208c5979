/**
 * Ctrl-C goes to every process of a terminal's group. Whoever wants to end a run in order must keep it from the server and the storage under load:
 * they would be gone before what was sent is drained and verified.
 */
let shielded = false;

/** Processes that are started from now on get a group of their own. Whoever calls this ends them, also where it is itself ended by a signal. */
export function shieldFromTerminal(): void {
  shielded = true;
}

/** For `spawn` and `fork`. */
export function ownGroup(): { detached: boolean } {
  return { detached: shielded };
}
