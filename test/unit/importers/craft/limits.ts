/**
 * Seconds of processor time for one import. A second is what it may take on an ordinary core; a slow one that others use
 * as well takes twice as long, and what is looked for here takes ten times as long, or never ends.
 */
export const secondsAllowed = 3
