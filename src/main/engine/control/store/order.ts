/** The order in which things were made, which no clock decides: it is set back, and runs ahead. */

/**
 * When something new was made, in milliseconds since 1970: now, and after all that was made before it. Behind a clock
 * that was set back, things are a millisecond apart until it has caught up.
 */
export const madeAfter = (earlier: Iterable<number>, now = Date.now()): number => {
  let time = now
  for (const one of earlier) time = Math.max(time, Math.floor(one) + 1)
  return time
}
