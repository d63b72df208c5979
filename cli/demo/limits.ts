/** How much a demo does: enough to see pages move, little enough for a laptop. */

/** Events per second, and the most that may be asked for. */
export const DEMO_RATE = 150;
export const DEMO_RATE_MAX = 2_000;
export const DEMO_USERS = 400;
