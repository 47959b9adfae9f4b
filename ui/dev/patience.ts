/** How long something may take on a slow and busy machine before it counts as not happening, in milliseconds. */
export const patience = 180_000;
