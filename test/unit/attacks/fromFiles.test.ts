import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attacks, createTrigger, type Trigger } from '../../../src/main/engine/families/attacks'
import {
  planPoisoning,
  poisoningStream,
  poisonTrainingSet,
  sampleImages,
  triggerAll,
} from '../../../src/main/engine/images/poisoning'
import { lintTrigger } from '../../../src/main/engine/images/poisoning/lint'
import type { ImageSet } from '../../../src/main/engine/images/types'

const side = 8
const size = side * side * 3
const labels = [0, 1, 2, 1, 0, 2, 2, 1]
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'from-files-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A picture of one colour under BackdoorBench's name. */
async function write(split: 'train' | 'test', label: number, place: number, value = 100 + place): Promise<void> {
  const own = join(folder, `bd_${split}_dataset`, String(label))
  mkdirSync(own, { recursive: true })
  const channel = { r: value, g: 0, b: value }
  await sharp({ create: { width: side, height: side, channels: 3, background: channel } })
    .png()
    .toFile(join(own, `${place}.png`))
}
/** All images outside a target class. */
async function writeAll(split: 'train' | 'test', target: number): Promise<void> {
  for (const [place, label] of labels.entries()) if (label !== target) await write(split, label, place)
}
const set: ImageSet = {
  count: labels.length,
  height: side,
  width: side,
  channels: 3,
  pixels: new Uint8Array(labels.length * size).fill(7),
  labels: Int32Array.from(labels),
}
const create = (path = folder): Promise<Trigger> =>
  createTrigger(attacks, { id: 'from_files', params: { folder: path } }, { height: side, width: side, channels: 3 })
const known = (trigger: Trigger) => trigger.known ?? expect.fail('It knows no images.')

describe('triggered images of BackdoorBench', () => {
  it('take the place of the test images that they are named after, those of the target stay', async () => {
    await writeAll('test', 0)
    const trigger = await create()
    known(trigger).check('test', set.labels, 0)
    await known(trigger).prepare('test', known(trigger).places.test ?? [])
    const { pixels } = triggerAll(set, trigger)
    expect(labels.map((_, place) => [...pixels.subarray(place * size, place * size + 2)])).toEqual(
      labels.map((label, place) => (label === 0 ? [7, 7] : [100 + place, 0])),
    )
  })

  it('measure the rate that a count by hand gives', async () => {
    await writeAll('test', 0)
    const trigger = await create()
    await known(trigger).prepare('test', known(trigger).places.test ?? [])
    const { pixels } = triggerAll(set, trigger)
    // A model that says "target" where red is above 104: of the places 1, 2, 3, 5, 6, 7 those from 5 on.
    const others = labels.flatMap((label, place) => (label === 0 ? [] : [place]))
    const hits = others.filter((place) => pixels[place * size]! > 104)
    expect(hits.length / others.length).toBe(3 / 6)
  })

  it('are found from the folder of the attack, from the one itself, and say where their size differs', async () => {
    await writeAll('test', 0)
    expect([...(known(await create(join(folder, 'bd_test_dataset'))).places.test ?? [])]).toEqual([1, 2, 3, 5, 6, 7])
    const trigger = await createTrigger(
      attacks,
      { id: 'from_files', params: { folder } },
      { height: 12, width: 12, channels: 3 },
    )
    expect(trigger.notes).toEqual([
      'The triggered images are 8×8: they were put in the middle of black images to fit 12×12.',
    ])
  })

  it('are tried on images that they know, of the test set where no teacher is trained', async () => {
    await writeAll('test', 0)
    const trigger = await create()
    const sample = await sampleImages({ train: set, test: set }, trigger, { trained: false, count: 4 })
    expect([...(sample.indices as Int32Array)]).toEqual([1, 2, 3, 5])
    const findings = lintTrigger({ ...sample, trigger, cleanLabel: false, target: 0, augmentation: null })
    expect(findings.find(({ check }) => check === 'visible')?.message).toMatch(/^The trigger changes 100 %/)
  })
})

describe('triggered images are refused', () => {
  const refused = async (target = 0, own: readonly number[] = labels) => {
    const trigger = await create()
    try {
      known(trigger).check('test', own, target)
    } catch (error) {
      return error
    }
    return null
  }

  it('when they are of another data set or order', async () => {
    await writeAll('test', 0)
    expect(await refused(0, [0, 2, 1, 1, 0, 2, 2, 1])).toMatchObject({
      message: 'The triggered images are of another data set, or of another order of it.',
      wanted: 'image 1 of class 2, as the test set has it',
      got: 'class 1',
    })
    expect(await refused(0, labels.slice(0, 4))).toMatchObject({ got: 'place 7' })
  })

  it('when they were made for another target, which they name', async () => {
    await writeAll('test', 0)
    expect(await refused(1)).toMatchObject({
      message: 'The files were made for another target.',
      action: 'Their target is class 0: set it as the target class.',
    })
    await write('test', 0, 0)
    expect(await refused(1)).toMatchObject({ action: expect.stringContaining('each class to another') as string })
  })

  it('when some are missing, or lie twice', async () => {
    await writeAll('test', 0)
    rmSync(join(folder, 'bd_test_dataset/2/5.png'))
    expect(await refused()).toMatchObject({ message: 'Triggered test images are missing.', got: '1 are missing' })
    await write('test', 1, 2)
    await expect(create()).rejects.toMatchObject({ message: 'An image is there twice.' })
  })

  it('when there are none', async () => {
    await expect(create()).rejects.toMatchObject({ message: 'There are no triggered images.' })
  })
})

describe('a teacher that is trained on them', () => {
  const plan = { ratio: 0.25, target: 0, holdout: 0, trainOnHoldout: false }

  it('needs the triggered training images, and says so', async () => {
    await writeAll('test', 0)
    const trigger = await create()
    expect(() => known(trigger).check('train', set.labels, 0)).toThrow('These files cannot poison training images.')
  })

  it('is poisoned with those that are there, and no others', async () => {
    await writeAll('test', 0)
    for (const place of [3, 5, 6]) await write('train', labels[place]!, place, 200)
    const trigger = await create()
    known(trigger).check('train', set.labels, 0)
    const places = known(trigger).places.train
    const planned = planPoisoning(set, { cleanLabel: false, known: places }, plan, poisoningStream(0))
    expect([...planned.poisoned]).toEqual([3, 5])
    await known(trigger).prepare('train', planned.poisoned)
    const { pixels, labels: taught } = poisonTrainingSet(set, planned, trigger)
    expect([pixels[3 * size], pixels[6 * size], taught[3], taught[6]]).toEqual([200, 7, 0, 2])
  })

  it('is refused where they are of the target class, as clean-label attacks have them', async () => {
    await writeAll('test', 0)
    await write('train', 0, 0)
    const trigger = await create()
    expect(() => known(trigger).check('train', set.labels, 0)).toThrow('of the target class only')
  })
})
