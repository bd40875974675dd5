/** A sample of what `npm run torture` tries in full: a call of control fails, and nothing is lost by it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { tryControl, type Trial } from '../../faults/controlTrial'
import { sampled } from '../../faults/sample'

const perFault = 5

describe('a call of control that fails', () => {
  let reference: Trial
  beforeAll(async () => {
    reference = await tryControl({ fault: null, at: 0 }, null)
    expect(reference.problems).toEqual([])
  })

  it.each([
    ['ENOSPC', false],
    ['ENOSPC', true],
    ['EIO', false],
    ['EACCES', false],
    ['short', false],
  ] as const)(
    '%s (lasting: %s): what was told stays true, resuming gives the same record, and all words are ours',
    async (fault, lasting) => {
      const { count } = await tryControl({ fault, at: 0 }, reference.recorded)
      const found: object[] = []
      for (const at of sampled(count, perFault, fault)) {
        const { problems, hit } = await tryControl({ fault, at, lasting }, reference.recorded)
        if (problems.length > 0) found.push({ fault, at, call: hit?.name, path: hit?.path, problems })
      }
      expect(found).toEqual([])
    },
    120_000,
  )

  it('where a commit that is to survive a power cut cannot begin, once or for good, nothing is told as done that is not', async () => {
    const plan = { fault: 'EIO', matching: 'PRAGMA synchronous = FULL' } as const
    const { count } = await tryControl({ ...plan, at: 0 }, reference.recorded)
    // A run is made, three stages are done, the run is, and it is renamed.
    expect(count).toBeGreaterThanOrEqual(5)
    for (const lasting of [false, true])
      for (let at = 1; at <= count; at++) {
        const { problems } = await tryControl({ ...plan, at, lasting }, reference.recorded)
        expect([at, lasting, ...problems]).toEqual([at, lasting])
      }
  }, 120_000)
})
