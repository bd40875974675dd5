import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attacks, createTrigger } from '../../src/main/engine/families/attacks'
import { readPicture } from '../../src/main/engine/families/attacks/pictures'
import type { NpyArray } from '../../src/main/engine/families/datasets/files/npy'
import { selectImages } from '../../src/main/engine/images/imageSets'
import { planPoisoning, poisonTrainingSet, triggerAll } from '../../src/main/engine/images/poisoning'
import { createStream } from '../../src/main/engine/maths/random'
import type { ImageSet } from '../../src/main/engine/images/types'
import { arrayOf, readNpz } from '../fixtures/npz'
import { missingShared, requireShared } from '../fixtures/shared'

const context = { height: 32, width: 32, channels: 3 } as const
const target = 0
const imageBytes = 3072

const ids = [
  'badnet_grid',
  'badnet_sq',
  'blend',
  'sig',
  'smooth',
  'l0_inv',
  'l2_inv',
  'trojan_3x3',
  'trojan_8x8',
  'trojan_wm',
  'cl',
]

/** Written anew for each run: the stand-in for the adversarial images that the golden data were made with. */
let adversarialFile = ''

/** The folder of original pictures as a trigger pack; attacks without pictures take their defaults. */
function parametersOf(id: string): Record<string, unknown> {
  if (id === 'badnet_grid' || id === 'badnet_sq') return {}
  if (id === 'cl') return { adversarial: adversarialFile }
  return { picture: requireShared('golden', 'triggers') }
}

/** A .npy file of bytes. */
function npyOf(shape: readonly number[], data: Uint8Array): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117) + '\n'
  return Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([header.length & 255, header.length >> 8]),
    Buffer.from(header, 'latin1'),
    data,
  ])
}

describe.skipIf(missingShared('golden', 'g2_triggers'))('triggers against the reference, bit for bit', () => {
  let golden: Map<string, NpyArray>
  let decoded: Map<string, NpyArray>
  const bytes = (name: string): Uint8Array => arrayOf(golden, name).data as Uint8Array
  const labels = (name: string): number[] => Array.from(arrayOf(golden, name).data as BigInt64Array, Number)
  const pick = (indices: number[]): Uint8Array =>
    Buffer.concat(indices.map((index) => bytes('images').subarray(index * imageBytes, (index + 1) * imageBytes)))

  beforeAll(async () => {
    golden = await readNpz(requireShared('golden', 'g2_triggers', 'poisoned.npz'))
    const folder = mkdtempSync(join(tmpdir(), 'triggers-'))
    adversarialFile = join(folder, 'adversarial.npy')
    writeFileSync(
      adversarialFile,
      npyOf(arrayOf(golden, 'cl_hard_standin').shape, arrayOf(golden, 'cl_hard_standin').data as Uint8Array),
    )
    decoded = await readNpz(requireShared('golden', 'g2_triggers', 'triggers_decoded.npz'))
  })

  afterAll(() => rmSync(dirname(adversarialFile), { recursive: true, force: true }))

  it('resizes the blend picture to the same bytes', async () => {
    const { values, notes } = await readPicture(requireShared('golden', 'triggers', 'blend.png'), [], context)
    expect(Buffer.from(values).equals(arrayOf(decoded, 'blend.used_uint8').data as Uint8Array)).toBe(true)
    expect(notes).toEqual(['blend.png was resized from 540×540 to 32×32 pixels.'])
  })

  it.each(ids)('%s: test images, before and after clipping', async (id) => {
    const trigger = await createTrigger(attacks, { id, params: parametersOf(id) }, context)
    const sources = labels('labels').flatMap((label, index) => (label === target ? [] : [index]))
    const before = trigger.exact(pick(sources), sources.length, 'test')
    const expected = arrayOf(golden, `${id}.test_preclip`).data as Float64Array
    expect(before.length).toBe(expected.length)
    expect(before.findIndex((value, index) => value !== expected[index])).toBe(-1)
  })

  it.each(ids)('%s: the poisoned training set with its labels', async (id) => {
    const trigger = await createTrigger(attacks, { id, params: parametersOf(id) }, context)
    const set: ImageSet = { count: 6, ...context, pixels: bytes('images'), labels: Int32Array.from(labels('labels')) }
    for (const ratio of [0.5, 0.34]) {
      const plan = { ratio, target, holdout: 0, trainOnHoldout: true }
      const planned = planPoisoning(set, attacks.get(id), plan, createStream(0, 'poisoning'))
      const poisoned = poisonTrainingSet(set, planned, trigger)
      const name = `${id}.train_r${ratio}`
      expect([...poisoned.labels]).toEqual(labels(`${name}_labels`))
      expect([...planned.poisoned]).toEqual(
        Array.from(bytes(`${name}_triggered`)).flatMap((flag, index) => (flag ? [index] : [])),
      )
      expect(Buffer.from(poisoned.pixels).equals(bytes(name))).toBe(true)
    }
  })

  it.each(ids)('%s: the triggered test set with its labels', async (id) => {
    const trigger = await createTrigger(attacks, { id, params: parametersOf(id) }, context)
    const set: ImageSet = { count: 6, ...context, pixels: bytes('images'), labels: Int32Array.from(labels('labels')) }
    // The reference drops the images of the target class and relabels the rest; the evaluation counts over the same.
    const kept = [...set.labels.keys()].filter((index) => set.labels[index] !== target)
    expect(kept.map(() => target)).toEqual(labels(`${id}.test_labels`))
    const triggered = selectImages(triggerAll(set, trigger), kept)
    expect(Buffer.from(triggered.pixels).equals(bytes(`${id}.test`))).toBe(true)
  })
})
