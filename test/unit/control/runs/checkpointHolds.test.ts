import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCheckpointHolds } from '../../../../src/main/engine/control/runs/checkpointHolds'
import { keepForkStart } from '../../../../src/main/engine/control/runs/forkStart'
import { createThinning } from '../../../../src/main/engine/control/runs/thinning'
import { placeInRun, type RunStore } from '../../../../src/main/engine/control/store'
import { checkpointFile } from '../../../../src/main/engine/protocol/checkpointFiles'
import { fakeCosts } from '../../../fakes/services'
import { finishedRun } from '../../../fixtures/finishedRun'

const place = placeInRun('r', 'student-1')
let folder = ''
let store: RunStore
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'abd-holds-'))
  store = await finishedRun(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function checkpointAt(step: number): string {
  const path = join(store.stageFolder(place), checkpointFile(step))
  writeFileSync(path, 'state')
  return path
}

describe('a checkpoint that is being read', () => {
  it('is taken by no thinning meanwhile, and by the next one', async () => {
    const path = checkpointAt(4)
    const weights = join(store.stageFolder(place), 'weights.safetensors')
    writeFileSync(weights, '')
    store.stages.update(place, { weights })
    const holds = createCheckpointHolds()
    const thinning = createThinning({ store, costs: fakeCosts, isStudyOpen: () => false, holds })
    const released: string[] = []
    holds.onRelease((of) => released.push(of))
    await holds.during(place, 4, async () => {
      await holds.during(place, 4, () => thinning.thin())
      expect(existsSync(path)).toBe(true)
      expect(released).toEqual([])
    })
    expect(released).toEqual([place])
    await thinning.thin()
    expect(existsSync(path)).toBe(false)
  })

  it('and is gone because its stage trains on is missed with a sentence', async () => {
    const path = checkpointAt(8)
    rmSync(path)
    await expect(keepForkStart(join(folder, 'stages', 'fork'), { path, step: 8 })).rejects.toMatchObject({
      name: 'UserError',
      message: 'The checkpoint at step 8 is gone: the training went on and dropped it.',
      where: path,
    })
  })

  it('and that a fork of the same key has already is replaced, never missing', async () => {
    const path = checkpointAt(8)
    const stage = join(folder, 'stages', 'fork')
    await keepForkStart(stage, { path, step: 8 })
    await keepForkStart(stage, { path, step: 8 })
    expect(readdirSync(join(stage, 'start'))).toEqual([checkpointFile(8)])
    rmSync(path)
    await expect(keepForkStart(stage, { path, step: 8 })).rejects.toThrow('is gone')
    expect(readdirSync(join(stage, 'start'))).toEqual([checkpointFile(8)])
  })
})
