/** A sample of what `npm run torture` tries in full: a call of a task's process fails, and nothing is lost by it. */
import { beforeAll, describe, expect, it } from 'vitest'
import { sampled } from '../../faults/sample'
import { tryTrainer, type TrainerTrial } from '../../faults/trainerTrial'

const perFault = 2

describe('a call of a task’s process that fails', () => {
  let reference: TrainerTrial
  beforeAll(async () => {
    reference = await tryTrainer({ fault: null, at: 0 }, null)
    expect(reference.problems).toEqual([])
    expect(reference.result.losses).toHaveLength(8)
  })

  it.each(['ENOSPC', 'EIO', 'short', 'kill'] as const)(
    '%s: it ends with a sentence, and taken up again it comes to the same bytes',
    async (fault) => {
      const found: object[] = []
      for (const at of sampled(reference.count, perFault, fault)) {
        const { problems, hit } = await tryTrainer({ fault, at }, reference.result)
        if (problems.length > 0) found.push({ fault, at, call: hit?.name, path: hit?.path, problems })
      }
      expect(found).toEqual([])
    },
    120_000,
  )
})
