/** What stays of a stage's pictures, whoever was killed on the way. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keptOf } from '../../../src/main/engine/control/store/pictureRows'
import { openStore, placeInRun, stepsToDrop, type RunStore } from '../../../src/main/engine/control/store'
import { pictureFile } from '../../../src/main/engine/protocol/pictureFiles'

const keptSteps = 6
const place = placeInRun('a', 'student-1')
const labels = { count: 1, height: 1, width: 1, channels: 1 as const }
let folder = ''
let store: RunStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-pictures-'))
  store = openStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const fileOf = (step: number): string => join(folder, place, pictureFile('images', step))
function record(step: number): void {
  mkdirSync(dirname(fileOf(step)), { recursive: true })
  writeFileSync(fileOf(step), 'grid')
  store.images.index(place, { ...labels, step }, { bytes: 4, keptSteps })
}
function recordAll(from: number, to: number): void {
  for (let step = from; step <= to; step++) record(step)
}
/** As the process does that goes on from a checkpoint, and control when it reads of that. */
function goBack(step: number): void {
  for (const name of readdirSync(dirname(fileOf(0))))
    if (Number.parseInt(name, 10) > step) rmSync(join(dirname(fileOf(0)), name))
  store.images.truncate(place, step + 1, { keptSteps })
}
const files = (): number[] =>
  readdirSync(dirname(fileOf(0)))
    .map((name) => Number.parseInt(name, 10))
    .sort((left, right) => left - right)
const undisturbed = (through: number): number[] => [
  ...keptOf(
    Array.from({ length: through }, (_, index) => ({ at: index + 1, bytes: 4 })),
    (kept) =>
      stepsToDrop(
        kept.map(({ at }) => at),
        keptSteps,
      ),
  ),
]

describe('the pictures of a stage', () => {
  it('that goes on from a checkpoint stay as if it had never been further, files included', async () => {
    for (let checkpoint = 1; checkpoint < 20; checkpoint += 3)
      for (let killed = checkpoint; killed < 22; killed += 2) {
        store.images.truncate(place, 0, { keptSteps })
        rmSync(dirname(fileOf(0)), { recursive: true, force: true })
        recordAll(1, checkpoint)
        await store.images.release(place, checkpoint, { keptSteps })
        recordAll(checkpoint + 1, killed)
        goBack(checkpoint)
        expect(store.images.steps(place), `${killed} back to ${checkpoint}`).toEqual(undisturbed(checkpoint))
        recordAll(checkpoint + 1, 22)
        await store.images.release(place, 22, { keptSteps })
        expect(store.images.steps(place), `${killed} back to ${checkpoint}`).toEqual(undisturbed(22))
        expect(files()).toEqual(undisturbed(22))
      }
  })

  it('that are told again by a journal, in part or whole, change nothing', () => {
    recordAll(1, 20)
    const steps = store.images.steps(place)
    for (const step of [3, 8, 9, 10, 20]) store.images.index(place, { ...labels, step }, { bytes: 4, keptSteps })
    expect(store.images.steps(place)).toEqual(steps)
  })

  it('that were given up stay on disk until a checkpoint is past what displaced them', async () => {
    recordAll(1, 7)
    expect(store.images.steps(place)).toEqual(undisturbed(7))
    await store.images.release(place, 6, { keptSteps })
    expect(files()).toEqual([1, 2, 3, 4, 5, 6, 7])
    await store.images.release(place, 7, { keptSteps })
    expect(files()).toEqual(undisturbed(7))
  })

  it('leave no file behind that no row keeps, and say which kept ones are not there as they were written', async () => {
    recordAll(1, 7)
    record(9)
    writeFileSync(fileOf(8), 'an orphan')
    rmSync(fileOf(3))
    writeFileSync(fileOf(9), 'grid, longer')
    await store.images.tidy(place)
    const kept = store.images.steps(place)
    expect(files()).toEqual(kept.filter((step) => step !== 3))
    expect(await store.images.missing(place)).toEqual([3, 9])
  })
})
