/** A sample of what `npm run torture` tries in full: the power goes, and what was not synced is lost or reordered. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryCut } from '../../faults/cutTrial'
import { cutModes } from '../../faults/powerCut'
import { recordStory, type Recording } from '../../faults/recording'
import { sampled } from '../../faults/sample'

describe('a power cut', () => {
  let root = ''
  let recording: Recording
  let reference: object
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'abd-cuts-'))
    recording = await recordStory(root)
    const whole = { after: recording.lines.length, mode: 'kept', seed: '' } as const
    const { problems, recorded } = await tryCut(recording, whole, { goesOn: true, reference: null })
    expect(problems).toEqual([])
    reference = recorded
  }, 120_000)
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  it.each(cutModes)(
    '%s: what was told stays true, and going on comes to the same record',
    async (mode) => {
      const found: object[] = []
      for (const [index, after] of sampled(recording.lines.length, 6, mode).entries()) {
        const cut = { after, mode, seed: String(after) }
        const { problems } = await tryCut(recording, cut, { goesOn: index % 3 === 1, reference })
        if (problems.length > 0) found.push({ ...cut, step: recording.lines[after - 1], problems })
      }
      expect(found).toEqual([])
    },
    120_000,
  )
})
