/** Pause before a write that the disk refused is tried again, in ms. */
export const retryMs = 1000;
