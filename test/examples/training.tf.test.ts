/** Examples that train: a loss term, an optimizer, a defense during the distillation and one after it. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { shrinkWeights } from '../../examples/defense/shrinkWeights'
import { smoothImages } from '../../examples/defense/smoothImages'
import { brightness } from '../../examples/lossTerm/brightness'
import { signSgd } from '../../examples/optimizer/signSgd'
import type { Defense } from '../../src/main/engine/families/defenses/types'
import { generatorStep } from '../../src/main/engine/families/distillation/generatorStep'
import { terms } from '../../src/main/engine/families/distillation/terms'
import { optimizers } from '../../src/main/engine/families/optimizers'
import type { Parameter } from '../../src/main/engine/maths/nn/types'
import { createRegistry, defaultsOf, type MemberDeclaration, type Registry } from '../../src/shared/schema'
import { testMember } from '../contract/memberSuite'
import { prepareTinyTeacher, studentStage } from '../contract/stages'
import { runToEnd, temporaryFolder, tinyExperiment, valuesOf } from '../contract/support'

const registry = () => createRegistry('defense', 'Defenses', [smoothImages, shrinkWeights])

vi.mock('../../src/main/engine/families/defenses', () => ({
  defenses: {
    ...createRegistry('defense', 'Defenses', []),
    get: (...args: Parameters<Registry<Defense>['get']>) => registry().get(...args),
    open: (...args: Parameters<Registry<Defense>['open']>) => registry().open(...args),
    openLeniently: (...args: Parameters<Registry<Defense>['openLeniently']>) => registry().openLeniently(...args),
  },
}))

beforeAll(prepareTinyTeacher)

/** One parameter, as a network would hold it. */
const parameterOf = (values: tf.Tensor): Parameter => ({
  name: 'images',
  layout: 'plain',
  variable: tf.variable(values, true),
})

describe('example of a loss term', () => {
  testMember(
    brightness as unknown as MemberDeclaration,
    createRegistry('term', terms.title, [...terms.members, brightness] as never),
  )

  it('is lowered by the generator step, and recorded under its name', () => {
    const images = parameterOf(tf.fill([2, 4, 4, 3], 0.8))
    const optimizer = signSgd.create(defaultsOf(signSgd.params), [images])
    const learningRate = tf.scalar(0.1)
    const losses = Array.from({ length: 5 }, () => {
      const outputs = generatorStep(
        {
          parameters: [images],
          optimizer,
          terms: [brightness as never],
          values: { brightnessWeight: 2 },
          defenses: [],
          look: () => {
            const shown = images.variable as unknown as tf.Tensor4D
            return { shown, input: { images: shown, teacher: { logits: tf.zeros([2, 3]), activations: [] } } as never }
          },
        },
        { learningRate },
      )
      const recorded = outputs['brightness.loss']?.dataSync()[0] ?? NaN
      tf.dispose(outputs)
      return recorded
    })
    expect(losses[0]).toBeCloseTo(0.64, 6)
    expect(losses[4]).toBeCloseTo((0.8 - 4 * 0.1) ** 2, 5)
    optimizer.dispose()
    tf.dispose([images.variable, learningRate])
  })
})

describe('example of an optimizer', () => {
  testMember(
    signSgd as unknown as MemberDeclaration,
    createRegistry('optimizer', optimizers.title, [...optimizers.members, signSgd] as never),
  )

  it('moves every parameter by one learning rate against its gradient', () => {
    const parameter = parameterOf(tf.tensor1d([1, 2, 3]))
    const optimizer = signSgd.create({ momentum: 0 }, [parameter])
    const [gradient, rate] = [tf.tensor1d([5, -0.1, 0]), tf.scalar(0.5)]
    optimizer.apply([gradient], rate)
    expect([...parameter.variable.dataSync()]).toEqual([0.5, 2.5, 3])
    optimizer.dispose()
    tf.dispose([parameter.variable, gradient, rate])
  })
})

describe.each([
  ['during the distillation', smoothImages, 'smooth_images.variation', 4],
  ['after the distillation', shrinkWeights, 'shrink_weights.distance', 3],
] as const)('example of a defense %s', (_when, defense, metric, recorded) => {
  testMember(defense, registry())

  it('acts in a stage, and what it records arrives under its name', async () => {
    const params = defense.id === 'shrink_weights' ? { steps: 3 } : {}
    const config = { ...tinyExperiment(), students: [{ defenses: [{ id: defense.id, params }] }] }
    const folder = temporaryFolder(defense.id)
    const work = await studentStage(config, folder)
    const reports = await runToEnd(work, folder)
    work.dispose()
    expect(reports.at(-1)).toMatchObject({ type: 'finished', outcome: 'done' })
    const values = valuesOf(reports, metric)
    expect(values).toHaveLength(recorded)
    expect(values.every((value) => Number.isFinite(value) && value > 0)).toBe(true)
  })
})
