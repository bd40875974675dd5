import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { resnet } from '../../../src/main/engine/families/architectures/resnet'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import { createImagePool } from '../../../src/main/engine/families/distillation/imagePool'
import { instanceFeatureCount } from '../../../src/main/engine/families/distillation/inversion/head'
import { createMemoryBank } from '../../../src/main/engine/families/distillation/inversion/memoryBank'
import { inversionParameters } from '../../../src/main/engine/families/distillation/inversion/parameters'
import { createInversionSynthesizer } from '../../../src/main/engine/families/distillation/inversion/synthesizer'
import {
  applyView,
  rolledView,
  shiftedView,
  viewArguments,
  zoomedView,
} from '../../../src/main/engine/families/distillation/inversion/views'
import { createStepProgram } from '../../../src/main/engine/graph'
import { contrastiveLoss, unitRows } from '../../../src/main/engine/maths/losses/contrastive'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import { defaultsOf } from '../../../src/shared/schema'

beforeAll(async () => {
  await startTensorFlow()
})

const rowsOf = (first: number, count: number): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: count * 2 }, (_unused, index) => first + Math.floor(index / 2)),
    [count, 2],
  )

describe('memory bank', () => {
  const create = (capacity: number, whenFull: 'kept' | 'empty' = 'kept') => {
    const state = createStateBundle(1, tf)
    return {
      state,
      bank: createMemoryBank({ capacity, width: 2, negatives: 4, whenFull }, createStream(1, 'bank'), state),
    }
  }
  const known = (bank: ReturnType<typeof create>['bank']): number[] => {
    const { rows, present } = bank.draw()
    const values = rows.dataSync()
    rows.dispose()
    return [...present].flatMap((there, row) => (there ? [values[2 * row] ?? NaN] : [])).sort((a, b) => a - b)
  }

  it('gives no more rows than it can ever hold', () => {
    const { rows, present } = create(3).bank.draw()
    expect([rows.shape, present.length]).toEqual([[3, 2], 3])
    rows.dispose()
  })

  it('is empty at first, then holds what it was given', () => {
    const { bank } = create(6)
    expect(known(bank)).toEqual([])
    tf.tidy(() => bank.add(rowsOf(10, 2)))
    expect(known(bank)).toEqual([10, 11])
  })

  it('still holds all rows when it has just been filled exactly, and then forgets the oldest', () => {
    const { bank } = create(4)
    tf.tidy(() => {
      bank.add(rowsOf(10, 2))
      bank.add(rowsOf(20, 2))
    })
    expect(known(bank)).toEqual([10, 11, 20, 21])
    tf.tidy(() => bank.add(rowsOf(30, 3)))
    expect(known(bank)).toEqual([21, 30, 31, 32])
  })

  it('looks empty for the one call after it was filled exactly, where the reference’s fault is asked for', () => {
    const { bank } = create(4, 'empty')
    tf.tidy(() => {
      bank.add(rowsOf(10, 2))
      bank.add(rowsOf(20, 2))
    })
    expect(known(bank)).toEqual([])
    expect(bank.looksEmpty).toBe(true)
    tf.tidy(() => {
      bank.add(rowsOf(30, 2))
      bank.add(rowsOf(40, 2))
    })
    expect(known(bank)).toEqual([30, 31, 40, 41])
    expect(bank.looksEmpty).toBe(false)
  })

  it('draws different rows without repetition where it holds more than are asked for', () => {
    const { bank } = create(9)
    tf.tidy(() => bank.add(rowsOf(1, 9)))
    const drawn = known(bank)
    expect(new Set(drawn).size).toBe(4)
    expect(known(bank)).not.toEqual(drawn)
  })

  it('comes back from a checkpoint', () => {
    const first = create(4)
    tf.tidy(() => first.bank.add(rowsOf(10, 3)))
    const second = create(4)
    second.state.restore(first.state.snapshot())
    expect(known(second.bank)).toEqual([10, 11, 12])
    tf.tidy(() => second.bank.add(rowsOf(20, 2)))
    expect(known(second.bank)).toEqual([11, 12, 20, 21])
  })
})

describe('contrastive features', () => {
  const problem = { classes: 3, channels: 3, height: 8, width: 8, stream: createStream(1, 'points') }
  const seen = (teacher: Classifier): { means: Float32Array[]; widths: number[]; pooled: Float32Array[] } =>
    tf.tidy(() => {
      const instanceMeans: tf.Tensor2D[] = []
      const { activations } = teacher.forward(tf.randomNormal([2, 8, 8, 3], 0, 1, 'float32', 1), {
        training: false,
        instanceMeans,
      })
      const values = (tensor: tf.Tensor): Float32Array => tensor.dataSync() as Float32Array
      return {
        means: instanceMeans.map(values),
        widths: instanceMeans.map((means) => means.shape[1]),
        pooled: activations.map((activation) => values(tf.mean(activation, [1, 2]))),
      }
    })

  it('of a ResNet-34 are the inputs of its four stages, as in the reference', () => {
    const teacher = resnet.create({ depth: '34', stem: 'small' }, problem)
    const { means, widths, pooled } = seen(teacher)
    expect(widths).toEqual([64, 64, 128, 256])
    expect(instanceFeatureCount(teacher)).toBe(512)
    means.slice(1).forEach((values, stage) =>
      values.forEach((value, index) => {
        expect(value).toBeCloseTo(pooled[stage]?.[index] ?? NaN, 4)
      }),
    )
    teacher.dispose()
  })

  it('of all other networks are the inputs of their batch-norm layers', () => {
    const teacher = wrn.create({ depth: 10, width: 1 }, problem)
    const { widths } = seen(teacher)
    expect(widths.reduce((total, width) => total + width, 0)).toBe(instanceFeatureCount(teacher))
    expect(widths).toHaveLength(teacher.buffers.filter(({ name }) => name.endsWith('running_mean')).length)
    teacher.dispose()
  })
})

describe('contrastive loss', () => {
  it('is the same whatever lies in rows that are absent', () => {
    const loss = (junk: number): number =>
      tf.tidy(() => {
        const rows = unitRows(tf.tensor2d([1, 0, 0.6, 0.8, 0.2, -0.9, junk, 1, junk, -2], [5, 2]))
        return (
          contrastiveLoss({
            local: rows,
            global: rows,
            present: tf.tensor1d([1, 1, 1, 0, 0]),
            current: 2,
            temperature: 0.1,
          }).dataSync()[0] ?? NaN
        )
      })
    expect(loss(3)).toBe(loss(-7))
    expect(loss(3)).toBeGreaterThan(0)
  })
})

describe('views', () => {
  const size = { height: 8, width: 12 }
  const picture = (): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: 2 * 8 * 12 }, (_unused, index) => 1 + index),
      [2, 8, 12, 1],
    )
  const through = (view: ReturnType<typeof shiftedView>): Float32Array =>
    tf.tidy(() => applyView(picture(), viewArguments('global', view, 2, size), 'global').dataSync() as Float32Array)

  it('shift by whole pixels, mirror, and leave black outside', () => {
    const seen = through(shiftedView(2, size, createStream(4, 'views')))
    const source = new Set([0, ...Array.from({ length: 192 }, (_unused, index) => index + 1)])
    expect(
      [...seen].every((value) => source.has(Math.round(value)) && Math.abs(value - Math.round(value)) < 1e-4),
    ).toBe(true)
    expect(seen).not.toEqual(Float32Array.from({ length: 192 }, (_unused, index) => index + 1))
  })

  it('roll keeps every pixel', () => {
    const seen = [...through(rolledView(2, size, createStream(2, 'views')))].map(Math.round).sort((a, b) => a - b)
    expect(seen).toEqual(Array.from({ length: 192 }, (_unused, index) => index + 1))
  })

  it('zoom interpolates inside the image: a constant stays constant', () => {
    const view = zoomedView(2, size, createStream(3, 'views'))
    const flat = tf.tidy(() =>
      applyView(tf.ones([2, 8, 12, 1]), viewArguments('local', view, 2, size), 'local').dataSync(),
    )
    expect(Math.max(...flat.map((value) => Math.abs(value - 1)))).toBeLessThan(1e-6)
    const seen = through(view)
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(1 - 1e-3)
    expect(Math.max(...seen)).toBeLessThanOrEqual(192 + 1e-3)
  })
})

describe('a synthesis call over pixels', () => {
  const image = { height: 8, width: 8, channels: 3 }
  const madeBy = async (mode: 'eager' | 'graph', keptImages: 'best' | 'last'): Promise<Float32Array> => {
    const state = createStateBundle(1, tf)
    const network = (name: string) =>
      wrn.create({ depth: 10, width: 1 }, { classes: 3, ...image, stream: createStream(1, name) })
    const values = {
      ...defaultsOf(inversionParameters({ source: 'pixels', contrastiveWeight: 0, generatorLearningRate: 0.5 })),
      synthesisSteps: 2,
      synthesisBatchSize: 4,
      keptImages,
    }
    const program = createStepProgram({ mode })
    const [teacher, student] = [network('teacher'), network('student')]
    const synthesizer = createInversionSynthesizer(values, {
      dataset: 'signs',
      teacher,
      student,
      classes: 3,
      image,
      normalization: { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] },
      augmentation: { crop: true, flip: true },
      program,
      stream: (name) => state.stream(name),
      state,
      defenses: [],
    })
    const position = { index: 0, total: 1, measure: true }
    await synthesizer.step(position)
    const batch = synthesizer.sample(position)
    const found = (batch.images.dataSync() as Float32Array).slice()
    tf.dispose([batch.images, batch.teacherLogits])
    program.dispose()
    for (const owner of [teacher, student]) owner.dispose()
    return found
  }
  const inRange = (values: Float32Array): boolean => values.every((value) => Math.abs(value) <= 2 + 1e-5)

  it.each(['eager', 'graph'] as const)(
    'keeps its best images, or those after its last update as the reference does: %s',
    async (mode) => {
      const [best, last] = [await madeBy(mode, 'best'), await madeBy(mode, 'last')]
      expect(inRange(last)).toBe(true)
      expect(last).not.toEqual(best)
      expect(Math.abs(last[0] ?? NaN)).toBeGreaterThan(0)
    },
  )
})

describe('image pool', () => {
  const normalization = { mean: [0.5], standardDeviation: [0.25] }
  const create = (
    capacity: number,
    rounding: 'round' | 'truncate' = 'round',
    augmentation = { crop: true, flip: true },
  ) => {
    const state = createStateBundle(1, tf)
    return {
      state,
      pool: createImagePool(
        { image: { height: 4, width: 4, channels: 1 }, normalization, augmentation, capacity, rounding },
        createStream(1, 'pool'),
        state,
      ),
    }
  }
  const images = (levels: number[]): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from(
        { length: levels.length * 16 },
        (_unused, index) => ((levels[Math.floor(index / 16)] ?? 0) / 255 - 0.5) / 0.25,
      ),
      [levels.length, 4, 4, 1],
    )
  const levelsIn = (pool: ReturnType<typeof create>['pool']): Set<number> => {
    const batch = pool.batches(pool.count)()
    const found = new Set(
      [...batch.dataSync()].map((value) => Math.round((value * 0.25 + 0.5) * 255)).filter((level) => level > 0),
    )
    batch.dispose()
    return found
  }

  it('grows, or forgets the oldest where it has a capacity', () => {
    const growing = create(0)
    const ring = create(3)
    for (const levels of [
      [10, 20],
      [30, 40],
    ])
      tf.tidy(() => {
        growing.pool.add(images(levels))
        ring.pool.add(images(levels))
      })
    expect(growing.pool.count).toBe(4)
    expect(ring.pool.count).toBe(3)
    expect([...levelsIn(ring.pool)].every((level) => [20, 30, 40].includes(level))).toBe(true)
  })

  it('rounds or truncates bytes', () => {
    const [rounding, truncating] = [create(0), create(0, 'truncate')]
    tf.tidy(() => {
      rounding.pool.add(images([10.7]))
      truncating.pool.add(images([10.7]))
    })
    expect(rounding.state.snapshot().tensors.get('poolImages/images')?.data[0]).toBe(11)
    expect(truncating.state.snapshot().tensors.get('poolImages/images')?.data[0]).toBe(10)
  })

  it('gives its images as they are where nothing is to be varied, and varies them where it is', () => {
    const ramp = tf.tensor4d(
      Float32Array.from({ length: 16 }, (_unused, index) => ((index * 16) / 255 - 0.5) / 0.25),
      [1, 4, 4, 1],
    )
    const seen = (augmentation: { crop: boolean; flip: boolean }): string[] => {
      const { pool } = create(0, 'round', augmentation)
      pool.add(ramp)
      const batch = pool.batches(12)()
      const values = [...batch.dataSync()].map((value) => Math.round((value * 0.25 + 0.5) * 255))
      batch.dispose()
      return [
        ...new Set(Array.from({ length: 12 }, (_unused, image) => values.slice(image * 16, (image + 1) * 16).join())),
      ].sort()
    }
    const whole = Array.from({ length: 16 }, (_unused, index) => index * 16)
    const mirrored = whole.map((_value, index) => whole[index - (index % 4) + 3 - (index % 4)] ?? NaN)
    expect(seen({ crop: false, flip: false })).toEqual([whole.join()])
    expect(seen({ crop: false, flip: true })).toEqual([whole.join(), mirrored.join()].sort())
    expect(seen({ crop: true, flip: false }).length).toBeGreaterThan(2)
    ramp.dispose()
  })

  it('gives full batches even where it holds fewer images', () => {
    const { pool } = create(0)
    tf.tidy(() => pool.add(images([50, 60])))
    const batch = pool.batches(5)()
    expect(batch.shape).toEqual([5, 4, 4, 1])
    batch.dispose()
  })
})
