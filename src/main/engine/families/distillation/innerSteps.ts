/** What a step of many inner ones calls after each, and the way out of it. */

/**
 * Called after each inner step of a step: what is done, how many, of how many. Mostly returns nothing, so that nothing
 * has to be awaited;
 * else a promise to await before going on, which rejects with StepInterrupted when the step is to be given up.
 */
export type InnerStepListener = (what: string, done: number, of: number) => Promise<void> | undefined

/**
 * A pause or stop inside a step. Whoever holds tensors disposes them and lets it pass; the loop goes back to where the
 * step can begin anew.
 */
export class StepInterrupted extends Error {
  constructor(readonly request: 'pause' | 'stop') {
    super(`The step was given up for a ${request}.`)
    this.name = 'StepInterrupted'
  }
}
