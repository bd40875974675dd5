/**
 * The bounds of the parity tests. All come from one experiment, `fixtures/parity/make_tolerances.py`: the authors'
 * float32 computation on inputs multiplied by 1 + 1e-6 · N(0, 1), the error that single precision leaves in a network's
 * activations. `tolerances.json` holds the largest relative distance of each quantity from the unmoved run.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

type Sensitivities = number | { readonly [name: string]: Sensitivities }

const { parts } = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/tolerances.json'), 'utf8')) as {
  parts: Readonly<Record<string, Sensitivities>>
}

/** The bound of what does not move: a few rounding steps on both sides. */
export const roundingBound = 1e-5

/** How far the quantity at this path of `tolerances.json` moves. */
export function sensitivityOf(...path: readonly string[]): number {
  const found = path.reduce<Sensitivities | undefined>(
    (entry, name) => (typeof entry === 'object' ? entry[name] : undefined),
    parts,
  )
  if (typeof found !== 'number') throw new Error(`tolerances.json has no number at "${path.join('" › "')}".`)
  return found
}

/**
 * A bound from a sensitivity: three times as much. Twice, since the recorded run and ours are both runs of that
 * experiment and may lie on opposite sides of the exact result; once more, since sums in another order leave more than
 * 1e-6 (with one thread instead of two some came to 2.2 times). At least `roundingBound`.
 */
export const boundFrom = (sensitivity: number): number => Math.max(3 * sensitivity, roundingBound)

/** The bound of the quantity at this path of `tolerances.json`. */
export const boundOf = (...path: readonly string[]): number => boundFrom(sensitivityOf(...path))

/**
 * Expects a distance below its bound. With PARITY_MARGINS set, `npm run test:processors` reads from that file how near
 * they came.
 */
export function expectWithin(distance: number, bound: number, what?: string): void {
  const file = process.env.PARITY_MARGINS
  if (file) {
    const { currentTestName: test, testPath } = expect.getState()
    appendFileSync(file, `${JSON.stringify({ path: testPath, test, what, distance, bound })}\n`)
  }
  expect(distance, what).toBeLessThan(bound)
}
