/** What pours out at once: more than any window, less than the outbox. */
export const FLOOD = 5_000;
