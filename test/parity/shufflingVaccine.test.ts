import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { zsktGeneratorStep } from '../../src/main/engine/families/distillation/zskt/steps'
import { klDivergence } from '../../src/main/engine/maths/losses/divergence'
import {
  createShuffledEnsemble,
  shuffledEnsembleLogits,
  shuffledLayers,
  suspectKl,
  tailTest,
  vaccinePenalty,
  type PermutationStream,
  type ShuffledEnsemble,
} from '../../src/main/engine/maths/losses/shufflingVaccine'
import { differentiate, type Classifier, type Parameter } from '../../src/main/engine/maths/nn'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { arrayOf, floatsOf } from '../fixtures/npz'
import { missingShared } from '../fixtures/shared'
import {
  channelsFirst,
  goldenArrays,
  goldenClassifier,
  goldenGenerator,
  imagesOf,
  inFileOrder,
  largestDifference,
  length,
  manifestOf,
  numberOf,
  relativeDistance,
  tensorOf,
  withoutGradient,
  type Arrays,
} from './golden'
import { boundOf, expectWithin } from './tolerances'

interface Manifest {
  layers: string[]
  tail_fixture: { mean: number; std: number; n_tail: number; ratio: number; accept: boolean }
  select: { ratios: number[] }
}

const coefficient = 0.1
const members = 3
/** The recorded gradients by the images, and their names in tolerances.json. */
const quantities: Readonly<Record<string, string>> = {
  grad_x_total: 'total',
  grad_x_penalty_only: 'penalty',
  grad_x_penalty_no_shuf_grad: 'constant',
}
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN

beforeAll(async () => {
  await startTensorFlow()
})

const absent = missingShared('golden', 'g4_shuffling_vaccine')
describe.skipIf(absent)('Shuffling Vaccine against the reference', () => {
  const manifest = absent ? ({} as Manifest) : manifestOf<Manifest>('g4_shuffling_vaccine')
  const arrays: Arrays = absent ? new Map() : goldenArrays('g4_shuffling_vaccine', 'sv.npz')

  /** Gives the recorded permutations in the order in which the reference drew them. */
  const recorded = (trial: number): PermutationStream => {
    const queue = Array.from({ length: members }, (_, member) =>
      manifest.layers.map((layer) => Array.from(arrayOf(arrays, `perm.t${trial}.m${member}.${layer}`).data, Number)),
    ).flat()
    return {
      permutation(count) {
        const next = queue.shift()
        if (next?.length !== count)
          throw new Error(`The reference drew a permutation of ${next?.length}, not of ${count}.`)
        return next
      },
    }
  }
  const ensembleOf = (teacher: Classifier): ShuffledEnsemble =>
    createShuffledEnsemble(teacher, { members, layers: 5, stream: recorded(0) })
  const relative = (tensor: tf.Tensor, name: string): number =>
    Math.abs((tensor.dataSync()[0] ?? NaN) / numberOf(arrays, name) - 1)

  const within = (distance: number, quantity: string): void =>
    expectWithin(distance, boundOf('shufflingVaccine', quantity), quantity)

  const expectGradient = (parameter: Parameter, tensor: tf.Tensor, quantity: string): void => {
    const gradient = inFileOrder(parameter, tensor)
    const { name } = parameter
    within(Math.abs(length(gradient) / numberOf(arrays, `gradnormG_total:${name}`) - 1), `${quantity} ${name}`)
    if (arrays.has(`gradG_total:${name}`))
      within(relativeDistance(gradient, floatsOf(arrays, `gradG_total:${name}`)), `${quantity} ${name}`)
  }

  it('picks the last convolutions by name', async () => {
    const teacher = await goldenClassifier(2)
    expect(shuffledLayers(teacher.parameters, 5).map(({ name }) => name)).toEqual(manifest.layers)
    teacher.dispose()
  })

  it('ensemble logits, mask, divergence and penalty', async () => {
    const [teacher, student] = [await goldenClassifier(2), await goldenClassifier(1)]
    const ensemble = ensembleOf(teacher)
    tf.tidy(() => {
      const images = imagesOf(arrays, 'x')
      const answer = student.forward(images, { training: true }).logits
      within(relativeDistance(answer.dataSync(), floatsOf(arrays, 'student_logits')), 'student logits')
      const { logits, activations } = teacher.forward(images, { training: false })
      within(relativeDistance(logits.dataSync(), floatsOf(arrays, 'teacher_logits')), 'teacher logits')
      const each = floatsOf(arrays, 'shuffled_logits_each')
      ensemble.members.forEach((member, index) => {
        const own = member.forward(images, { training: false }).logits.dataSync()
        within(relativeDistance(own, each.slice(index * own.length, (index + 1) * own.length)), 'shuffled logits each')
      })
      const shuffled = shuffledEnsembleLogits(ensemble, images)
      within(relativeDistance(shuffled.dataSync(), floatsOf(arrays, 'shuffled_logits_mean')), 'shuffled logits')
      within(relative(tf.neg(klDivergence(answer, logits)), 'base_generator_loss'), 'base loss')
      // From the teacher's own activations: the same kernels on the same numbers.
      expect(
        largestDifference(shuffledEnsembleLogits(ensemble, images, activations).dataSync(), shuffled.dataSync()),
      ).toBeLessThan(1e-6)
      const { kl, mask } = suspectKl(shuffled, logits)
      expect([...mask.dataSync()]).toEqual([...floatsOf(arrays, 'mask')])
      within(relativeDistance(kl.dataSync(), floatsOf(arrays, 'kl_per_sample')), 'divergences')
      const { penalty, maskRate } = vaccinePenalty(shuffled, logits, tf.scalar(coefficient))
      within(relative(penalty, 'penalty'), 'penalty')
      expect((maskRate.dataSync()[0] ?? NaN) * 32).toBeCloseTo(numberOf(arrays, 'n_shufl_penalized'), 4)
      expect(
        vaccinePenalty(shuffled, logits, tf.scalar(coefficient), { shuffledGradient: false }).penalty.dataSync()[0],
      ).toBe(penalty.dataSync()[0])
    })
    for (const part of [teacher, student, ensemble]) part.dispose()
  })

  it('gradients of the penalty and of the whole loss by the images', async () => {
    const [teacher, student] = [await goldenClassifier(2), await goldenClassifier(1)]
    const ensemble = ensembleOf(teacher)
    const penaltyOf = (images: tf.Tensor4D, shuffledGradient: boolean): tf.Scalar => {
      const { logits, activations } = teacher.forward(images, { training: false })
      return vaccinePenalty(shuffledEnsembleLogits(ensemble, images, activations), logits, tf.scalar(coefficient), {
        shuffledGradient,
      }).penalty
    }
    const losses: Record<string, (images: tf.Tensor4D) => tf.Scalar> = {
      grad_x_penalty_only: (images) => penaltyOf(images, true),
      grad_x_penalty_no_shuf_grad: (images) => penaltyOf(images, false),
      grad_x_total: (images) => {
        const base = tf.neg(
          klDivergence(
            student.forward(images, { training: true }).logits,
            teacher.forward(images, { training: false }).logits,
          ),
        )
        return tf.add(base, penaltyOf(images, true))
      },
    }
    for (const [name, loss] of Object.entries(losses)) {
      tf.tidy(() => {
        const gradient = tf.grad((images) => loss(images as tf.Tensor4D))(imagesOf(arrays, 'x'))
        const got = channelsFirst(gradient)
        const wanted = floatsOf(arrays, name)
        const size = 3 * 32 * 32
        const distances: number[] = []
        for (let image = 0; image < 32; image++) {
          const part = wanted.slice(image * size, (image + 1) * size)
          const own = got.slice(image * size, (image + 1) * size)
          if (length(part) === 0) expect(length(own), `${name}, image ${image}`).toBe(0)
          else {
            const distance = relativeDistance(own, part)
            distances.push(distance)
          }
        }
        // Which unit falls on the other side of its kink depends on the processor, but for most images none does.
        within(Math.max(...distances), `${quantities[name]} gradient, image most`)
        within(median(distances), `${quantities[name]} gradient, image median`)
      })
    }
    for (const part of [teacher, student, ensemble]) part.dispose()
  })

  it('the generator step with the vaccine: loss and gradients', async () => {
    const [teacher, student, generator] = [
      await goldenClassifier(2),
      await goldenClassifier(1),
      await goldenGenerator(),
    ]
    const ensemble = ensembleOf(teacher)
    tf.tidy(() => {
      const collected: tf.Tensor[] = []
      const collect = (gradients: tf.Tensor | readonly tf.Tensor[]): void => {
        for (const gradient of gradients instanceof tf.Tensor ? [gradients] : gradients)
          collected.push(tf.keep(gradient.clone()))
      }
      const optimizer = { slots: {}, dispose: () => undefined, apply: collect }
      const outputs = zsktGeneratorStep(
        {
          teacher,
          student,
          generator,
          optimizer,
          options: {
            temperature: 1,
            reduction: 'mean',
            gradientClip: 0,
            adversarialWeight: 1,
            batchNormWeight: 0,
            oneHotWeight: 0,
            balanceWeight: 0,
          },
          defenses: [
            {
              id: 'sv',
              synthesizerTerm: ({ images, teacherLogits, teacherActivations, args }) => {
                const { penalty, maskRate } = vaccinePenalty(
                  shuffledEnsembleLogits(ensemble, images, teacherActivations),
                  teacherLogits,
                  args.coefficient as tf.Scalar,
                )
                return { loss: penalty, outputs: { penalty, maskRate } }
              },
            },
          ],
        },
        { latentCodes: tensorOf(arrays, 'z'), learningRate: tf.scalar(1e-3), 'sv.coefficient': tf.scalar(coefficient) },
      )
      within(relative(outputs.loss as tf.Tensor, 'total'), 'step total')
      within(relative(outputs['sv.penalty'] as tf.Tensor, 'penalty'), 'step penalty')
      generator.parameters.forEach((parameter, index) => {
        if (withoutGradient.has(parameter.name)) return
        expectGradient(parameter, collected[index] as tf.Tensor, 'step gradient')
      })
      tf.dispose(collected)
    })
    for (const part of [teacher, student, generator, ensemble]) part.dispose()
  })

  it('the generator’s gradients from the recorded gradient by its images', async () => {
    const generator = await goldenGenerator()
    tf.tidy(() => {
      const upstream = imagesOf(arrays, 'grad_x_total')
      const { outputs, gradients } = differentiate(generator.parameters, (updates) => {
        const images = generator.forward(tensorOf(arrays, 'z'), { training: true, updates })
        return { loss: tf.sum(tf.mul(images, upstream)), outputs: { images } }
      })
      within(relativeDistance(channelsFirst(outputs.images), floatsOf(arrays, 'x')), 'images')
      generator.parameters.forEach((parameter, index) => {
        if (!withoutGradient.has(parameter.name))
          expectGradient(parameter, gradients[index] as tf.Tensor, 'gradient from images')
      })
    })
    generator.dispose()
  })

  it('tail test on fixed divergences', () => {
    const { tail_fixture: fixture } = manifest
    const test = tailTest(Array.from(arrayOf(arrays, 'tail_fixture_kl').data, Number))
    expect(test.mean).toBeCloseTo(fixture.mean, 12)
    expect(test.deviation).toBeCloseTo(fixture.std, 12)
    expect(test.ratio).toBe(fixture.ratio)
    expect(test.accepted).toBe(fixture.accept)
  })

  it('selection over the pool: the first ensemble is refused, the second accepted', async () => {
    const [teacher, generator] = [await goldenClassifier(2), await goldenGenerator()]
    const ensemble = ensembleOf(teacher)
    const divergences = (): number[] =>
      tf.tidy(() => {
        const codes = tensorOf(arrays, 'pool_z')
        return Array.from({ length: 6 }, (_, batch) => {
          const images = generator.forward(
            tf.reshape(tf.slice(codes, [batch, 0, 0], [1, 16, 100]), [16, 100]) as tf.Tensor2D,
            { training: true },
          )
          return [
            ...suspectKl(
              shuffledEnsembleLogits(ensemble, images),
              teacher.forward(images, { training: false }).logits,
            ).kl.dataSync(),
          ]
        }).flat()
      })
    tf.tidy(() => {
      const codes = tf.reshape(tf.slice(tensorOf(arrays, 'pool_z'), [0, 0, 0], [1, 16, 100]), [16, 100]) as tf.Tensor2D
      const wanted = floatsOf(arrays, 'pool_first_batch_x')
      within(
        relativeDistance(channelsFirst(generator.forward(codes, { training: true })).slice(0, wanted.length), wanted),
        'pool images',
      )
    })
    const first = divergences()
    within(relativeDistance(first, floatsOf(arrays, 'pool_kl')), 'pool divergences')
    const { mean, deviation } = tailTest(first)
    within(
      relativeDistance([mean, deviation], floatsOf(arrays, 'pool_mean_std_tail').slice(0, 2)),
      'pool mean and deviation',
    )
    expect(tailTest(first)).toMatchObject({ ratio: manifest.select.ratios[0], accepted: false })
    ensemble.reshuffle(recorded(1))
    const logits = tf.tidy(() => shuffledEnsembleLogits(ensemble, imagesOf(arrays, 'x')).dataSync())
    within(
      relativeDistance(logits, floatsOf(arrays, 'logits_mean_after_one_remake')),
      'shuffled logits after one remake',
    )
    expect(tailTest(divergences())).toMatchObject({ ratio: manifest.select.ratios[1], accepted: true })
    for (const part of [teacher, generator, ensemble]) part.dispose()
  })
})

describe('gradient of a generator loss without suspects', () => {
  it('is zero, not NaN, where no image is suspected', () => {
    tf.tidy(() => {
      const teacher = tf.tensor2d([
        [5, 0],
        [5, 0],
      ])
      const shuffled = tf.tensor2d([
        [0, 5],
        [0, 5],
      ])
      const { value, grad } = tf.valueAndGrad(
        (logits) => vaccinePenalty(logits as tf.Tensor2D, teacher, tf.scalar(1)).penalty,
      )(shuffled)
      expect(Math.abs(value.dataSync()[0] ?? NaN)).toBe(0)
      expect([...grad.dataSync()].every((entry) => entry === 0)).toBe(true)
    })
  })
  it('leaves a differentiation with nothing to differentiate in peace', () => {
    tf.tidy(() => {
      const variable = tf.variable(tf.scalar(2))
      const other = tf.variable(tf.tensor1d([1, 2]))
      const { gradients } = differentiate(
        [
          { name: 'a', layout: 'plain', variable },
          { name: 'b', layout: 'plain', variable: other },
        ],
        () => ({ loss: tf.square(variable) as tf.Scalar, outputs: {} }),
      )
      expect(gradients.map((gradient) => [...gradient.dataSync()])).toEqual([[4], [0, 0]])
      tf.dispose([variable, other])
    })
  })
})
