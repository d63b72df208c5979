/** How much goes into one slab. */
export const SLAB_BYTES = 256 * 1024;
export const SLAB_EVENTS = 4096;
/** A slab may pass its bound by one frame. */
export const SLAB_BUFFER_BYTES = SLAB_BYTES + 64 * 1024;
