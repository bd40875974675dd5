/** Long work in steps: who has others to serve serves them in between, who has not does it at once. */

/** Yields wherever it may rest for a while. */
export type Steps<Result> = Generator<undefined, Result, undefined>

export function atOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
