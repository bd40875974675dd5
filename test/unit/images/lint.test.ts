import { describe, expect, it } from 'vitest'
import { attacks, createTrigger } from '../../../src/main/engine/families/attacks'
import { triggerOf } from '../../../src/main/engine/families/attacks/trigger'
import type { ImageSet } from '../../../src/main/engine/images/types'
import { drawSign, signLabel } from '../../../src/main/engine/families/datasets/signs/draw'
import {
  lintTrigger,
  planPoisoning,
  previewTrigger,
  type Finding,
  type LintInput,
} from '../../../src/main/engine/images/poisoning'
import { measureTrigger } from '../../../src/main/engine/images/poisoning/measure'
import { createStream } from '../../../src/main/engine/maths/random'

const count = 20
const pixels = new Uint8Array(count * 3072)
for (let index = 0; index < count; index++) drawSign(0, 0, index, pixels, index * 3072)
const images: ImageSet = {
  count,
  height: 32,
  width: 32,
  channels: 3,
  pixels,
  labels: Int32Array.from({ length: count }, (_, index) => signLabel(index)),
}

const triggerFor = (id: string, params: Record<string, unknown> = {}) => createTrigger(attacks, { id, params }, images)
const lint = async (
  id: string,
  params: Record<string, unknown> = {},
  changes: Partial<LintInput> = {},
): Promise<Finding[]> =>
  lintTrigger({
    images,
    trigger: await triggerFor(id, params),
    cleanLabel: false,
    target: 0,
    augmentation: { crop: true, flip: true },
    ...changes,
  })
const about = (findings: Finding[], check: Finding['check']): Finding[] =>
  findings.filter((finding) => finding.check === check)

describe('trigger lint', () => {
  it('measures a patch: its share of pixels, and what crop and flip do to it', async () => {
    const measure = measureTrigger(images, await triggerFor('badnet_sq', { patchSize: 4, margin: 1 }), [])
    expect(measure.changedPixels).toBeGreaterThan((0.9 * 16) / 1024)
    expect(measure.changedPixels).toBeLessThanOrEqual(16 / 1024)
    expect(measure.unchangedImages).toBe(0)
    expect([measure.keptByClipping, measure.truncation, measure.trainTestDifference]).toEqual([1, 0, 0])
    // Offsets −4…4 per axis: rows 27…30 lose 0 or up to 3 of 4 rows when the crop moves up by 2, 3 or 4.
    expect(measure.keptByCrop).toBeGreaterThan(0.6)
    expect(measure.keptByCrop).toBeLessThan(0.9)
    expect(measure.cropsThatLose).toBe(0)
    expect(measure.mirrorSimilarity).toBe(0)
  })

  it('finds the same trigger in train and test, and a patch that flips move to the other side', async () => {
    const findings = await lint('badnet_grid')
    expect(about(findings, 'trainTest')).toEqual([
      { check: 'trainTest', severity: 'ok', message: 'Training and test images carry the same trigger.' },
    ])
    expect(about(findings, 'flip')[0]?.message).toContain('mirror the trigger in half of the training images')
    expect(about(findings, 'crop')[0]?.message).toMatch(
      /^Random crops keep \d+ % of the trigger on average and lose nearly all of it in \d+ % of the training images\./,
    )
    expect(
      about(await lint('badnet_grid', {}, { augmentation: { crop: false, flip: false } }), 'crop').map(
        ({ severity }) => severity,
      ),
    ).toEqual(['ok'])
  })

  it('answers every question, also where all is well or not known yet', async () => {
    const labels = Int32Array.from({ length: 1000 }, (_, index) => index % 10)
    const planned = planPoisoning(
      { count: 1000, labels },
      { cleanLabel: false },
      { ratio: 0, target: 0, holdout: 0, trainOnHoldout: true },
      createStream(0, 'p'),
    )
    const checks: Finding['check'][] = [
      'visible',
      'clipping',
      'rounding',
      'crop',
      'flip',
      'trainTest',
      'poisoned',
      'testSet',
    ]
    for (const changes of [
      {},
      { augmentation: { crop: false, flip: false } },
      { plan: { planned, trainLabels: labels, testLabels: labels, classes: 10 } },
      { images: { ...images, count: 0, pixels: new Uint8Array(0), labels: new Int32Array(0) } },
    ]) {
      const found = await lint('badnet_grid', {}, changes)
      expect([...new Set(found.map(({ check }) => check))].filter((check) => check !== 'files')).toEqual(checks)
    }
    expect(about(await lint('badnet_grid'), 'clipping')).toEqual([
      { check: 'clipping', severity: 'ok', message: 'Clipping to 0…255 takes nothing of the change away.' },
    ])
    expect(about(await lint('badnet_grid'), 'poisoned')).toEqual([
      {
        check: 'poisoned',
        severity: 'info',
        message: 'How many images are poisoned is told when the data set is loaded.',
      },
    ])
  })

  it('warns of a patch that most crops cut off', async () => {
    const [finding] = about(await lint('badnet_grid', { patchSize: 1 }), 'crop')
    expect(finding?.severity).toBe('warning')
    expect(finding?.message).toContain('Move it away from the edge')
  })

  it('says that nothing changes: an error', async () => {
    const [finding] = about(await lint('blend', { ratio: 0 }), 'visible')
    expect(finding).toEqual({
      check: 'visible',
      severity: 'error',
      message: 'The trigger changes no pixel of these images: nothing can be learnt from it.',
    })
  })

  it('warns where some images hide the trigger', async () => {
    const white = { ...images, count: 2, pixels: new Uint8Array(6144).fill(255, 0, 3072) }
    const findings = lintTrigger({
      images: white,
      trigger: await triggerFor('badnet_sq'),
      cleanLabel: false,
      target: 0,
      augmentation: { crop: false, flip: false },
    })
    expect(about(findings, 'visible')[1]).toEqual({
      check: 'visible',
      severity: 'warning',
      message: '1 of 2 images do not change at all: the trigger is hidden in them.',
    })
  })

  it('warns of a trigger that clipping or truncation takes away', () => {
    const brighter = triggerOf((bytes) => Float64Array.from(bytes, (value) => value + 1000))
    const faint = triggerOf((bytes) => Float64Array.from(bytes, (value) => value + 0.7))
    const base = { images, cleanLabel: false, target: 0, augmentation: { crop: false, flip: false } }
    expect(about(lintTrigger({ ...base, trigger: brighter }), 'clipping')[0]?.severity).toBe('warning')
    expect(about(lintTrigger({ ...base, trigger: faint }), 'rounding')[0]?.severity).toBe('warning')
  })

  it('reports different triggers in train and test', () => {
    const split = triggerOf((bytes, _count, variant) =>
      Float64Array.from(bytes, (value) => (variant === 'train' ? value : 255 - value)),
    )
    const findings = lintTrigger({
      images,
      trigger: split,
      cleanLabel: false,
      target: 0,
      augmentation: { crop: false, flip: false },
    })
    expect(about(findings, 'trainTest')[0]?.message).toMatch(
      /^Training and test triggers differ in (99|100) % of the bytes\.$/,
    )
  })

  it('counts the poisoned images, their classes and the test images that count', async () => {
    const labels = Int32Array.from({ length: 1000 }, (_, index) => index % 10)
    const planned = planPoisoning(
      { count: 1000, labels },
      { cleanLabel: false },
      { ratio: 0.1, target: 0, holdout: 0.05, trainOnHoldout: true },
      createStream(0, 'p'),
    )
    const plan = { planned, trainLabels: labels, testLabels: labels.subarray(0, 500), classes: 10 }
    const findings = await lint('badnet_grid', {}, { plan })
    expect(about(findings, 'poisoned').map(({ message }) => message)).toEqual([
      '100 of 1,000 training images are poisoned (10 %), out of 9 classes, relabelled to 0; 50 are held out clean and trained on.',
    ])
    expect(about(findings, 'testSet')).toEqual([
      {
        check: 'testSet',
        severity: 'ok',
        message: 'The attack success rate counts 450 triggered test images; the 50 of the target class 0 are left out.',
      },
    ])
    expect(about(await lint('badnet_grid', {}, { target: 12, plan }), 'testSet')[0]?.severity).toBe('error')
    expect(
      about(await lint('badnet_grid', {}, { plan: { ...plan, testLabels: [0, 0] } }), 'testSet')[0]?.message,
    ).toContain('no attack success rate can be measured')
  })
})

describe('trigger preview', () => {
  it('gives clean, poisoned and their signed difference around grey, as large as the range allows, with class names', async () => {
    const preview = previewTrigger(
      {
        images,
        trigger: await triggerFor('badnet_grid'),
        cleanLabel: false,
        target: 0,
        augmentation: { crop: true, flip: true },
      },
      ['stop', 'yield'],
    )
    const last = 3071
    expect(preview.poisoned.pixels[last]).toBe(255)
    expect(preview.difference.pixels[0]).toBe(128)
    const changes = [...preview.poisoned.pixels].map((value, index) => value - images.pixels[index]!)
    const most = Math.max(...changes.map(Math.abs))
    expect(preview.gain).toBe(Math.max(1, Math.floor(127 / most)))
    expect(preview.difference.pixels[last]).toBe(Math.min(255, 128 + preview.gain * (255 - images.pixels[last]!)))
    // Lighter and darker are told apart.
    const weak = previewTrigger(
      {
        images,
        trigger: triggerOf((clean) => Float64Array.from(clean, (value, index) => value + (index % 2 === 0 ? 2 : -2))),
        cleanLabel: false,
        target: 0,
        augmentation: null,
      },
      undefined,
    )
    expect([weak.gain, ...weak.difference.pixels.subarray(0, 2)]).toEqual([63, 254, 2])
    expect(preview.labels.slice(0, 3)).toEqual(['stop', 'yield', 'class 2'])
    expect(preview.findings.length).toBeGreaterThan(2)
    expect(preview.clean.pixels).toBe(images.pixels)
  })

  it('keeps an error an error', async () => {
    const preview = previewTrigger(
      {
        images,
        trigger: await triggerFor('blend', { ratio: 0 }),
        cleanLabel: false,
        target: 0,
        augmentation: { crop: true, flip: true },
      },
      undefined,
    )
    expect(preview.findings[0]).toEqual({
      severity: 'error',
      message: 'The trigger changes no pixel of these images: nothing can be learnt from it.',
    })
  })
})
