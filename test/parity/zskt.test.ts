import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  zsktGeneratorStep,
  zsktSampleStep,
  zsktStudentStep,
} from '../../src/main/engine/families/distillation/zskt/steps'
import { attentionDistance, attentionMap } from '../../src/main/engine/maths/losses/attention'
import { klDivergence } from '../../src/main/engine/maths/losses/divergence'
import { differentiate } from '../../src/main/engine/maths/nn'
import { createAdam } from '../../src/main/engine/families/optimizers'
import { cosineSchedule } from '../../src/main/engine/families/schedules'
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
  manifestOf,
  numberOf,
  relativeDistance,
  tensorOf,
  withoutGradient,
  type Arrays,
} from './golden'
import { boundFrom, boundOf, expectWithin, sensitivityOf } from './tolerances'

interface Manifest {
  hyper: {
    KL_temperature: number
    AT_beta: number
    lr_G: number
    lr_S: number
    clip: number
    total_n_pseudo_batches: number
  }
}

const studentSteps = 10

beforeAll(async () => {
  await startTensorFlow()
})

const relative = (got: number, wanted: number): number => Math.abs(got - wanted) / Math.abs(wanted)
const scalar = (tensor: tf.Tensor | undefined): number => tensor?.dataSync()[0] ?? NaN
const generatorOptions = (hyper: Manifest['hyper']) => ({
  temperature: hyper.KL_temperature,
  reduction: 'mean' as const,
  gradientClip: hyper.clip,
  adversarialWeight: 1,
  batchNormWeight: 0,
  oneHotWeight: 0,
  balanceWeight: 0,
})
const firstCodes = (arrays: Arrays): tf.Tensor2D =>
  tf.tidy(() => tf.reshape(tf.slice(tensorOf(arrays, 'z'), [0, 0, 0], [1, 16, 100]), [16, 100])) as tf.Tensor2D

for (const name of ['g3_zskt_cifar10', 'g3_zskt_gtsrb_settings']) {
  const absent = missingShared('golden', name)
  describe.skipIf(absent)(`ZSKT against the reference (${name})`, () => {
    const { hyper } = absent ? ({} as Manifest) : manifestOf<Manifest>(name)
    const arrays: Arrays = absent ? new Map() : goldenArrays(name, 'trace.npz')
    const within = (distance: number, quantity: string): void =>
      expectWithin(distance, boundOf('zskt', name, quantity), quantity)

    it('first generator step: images, loss, norm of the gradient', async () => {
      const [teacher, student, generator] = [
        await goldenClassifier(2),
        await goldenClassifier(1),
        await goldenGenerator(),
      ]
      const optimizer = createAdam(generator.parameters)
      tf.tidy(() => {
        const latentCodes = firstCodes(arrays)
        const images = generator.forward(latentCodes, { training: true, updates: [] })
        within(relativeDistance(channelsFirst(images), channelsFirst(imagesOf(arrays, 'x_iters', 0))), 'images')
        const outputs = zsktGeneratorStep(
          { teacher, student, generator, optimizer, options: generatorOptions(hyper), defenses: [] },
          { latentCodes, learningRate: tf.scalar(hyper.lr_G) },
        )
        within(relative(scalar(outputs.loss), numberOf(arrays, 'generator_loss')), 'generator loss')
        within(relative(scalar(outputs['disagreement.loss']), numberOf(arrays, 'divergence')), 'generator loss')
        within(
          relative(scalar(outputs.gradientNorm), numberOf(arrays, 'grad_norm_before_clip')),
          'generator gradient norm',
        )
        // The update itself: images of the changed generator.
        const sample = zsktSampleStep({ teacher, generator, attention: true }, { latentCodes })
        within(
          relativeDistance(channelsFirst(sample.images as tf.Tensor), channelsFirst(imagesOf(arrays, 'x_iters', 1))),
          'updated images',
        )
      })
      for (const network of [teacher, student, generator, optimizer]) network.dispose()
    })

    // Recorded in the CIFAR-10 case alone.
    if (name === 'g3_zskt_cifar10') {
      it('first generator gradients', async () => {
        const [teacher, student, generator] = [
          await goldenClassifier(2),
          await goldenClassifier(1),
          await goldenGenerator(),
        ]
        tf.tidy(() => {
          const { gradients } = differentiate(generator.parameters, (updates) => {
            const images = generator.forward(firstCodes(arrays), { training: true, updates })
            const { logits } = student.forward(images, { training: true, updates })
            return {
              loss: tf.neg(klDivergence(logits, teacher.forward(images, { training: false }).logits)),
              outputs: {},
            }
          })
          generator.parameters.forEach((parameter, index) => {
            if (withoutGradient.has(parameter.name)) return
            const wanted = floatsOf(arrays, `grad0_G:${parameter.name}`)
            const got = inFileOrder(parameter, gradients[index] as tf.Tensor).slice(0, wanted.length)
            within(relativeDistance(got, wanted), `generator gradient ${parameter.name}`)
          })
        })
        for (const network of [teacher, student, generator]) network.dispose()
      })
    }

    it('first student iteration: attention and gradients', async () => {
      const [teacher, student] = [await goldenClassifier(2), await goldenClassifier(1)]
      tf.tidy(() => {
        const images = imagesOf(arrays, 'x_iters', 1)
        const target = teacher.forward(images, { training: false })
        const result = differentiate(student.parameters, (updates) => {
          const { logits, activations } = student.forward(images, { training: true, updates })
          const distances = activations.map((activation, level) =>
            attentionDistance(attentionMap(activation), attentionMap(target.activations[level] as tf.Tensor4D)),
          )
          const loss = tf.add(
            klDivergence(logits, target.logits, { temperature: hyper.KL_temperature }),
            tf.mul(tf.addN(distances), hyper.AT_beta),
          )
          return {
            loss: loss as tf.Scalar,
            outputs: Object.fromEntries(distances.map((distance, level) => [`level${level}`, distance])),
          }
        })
        within(relative(scalar(result.loss), numberOf(arrays, 'student_loss')), 'student loss')
        if (hyper.AT_beta > 0)
          for (let level = 0; level < 3; level++)
            within(
              relative(scalar(result.outputs[`level${level}`]), numberOf(arrays, 'attention_diff', level)),
              `attention ${level}`,
            )
        student.parameters.forEach((parameter, index) => {
          if (!arrays.has(`grad1_S:${parameter.name}`)) return
          const got = inFileOrder(parameter, result.gradients[index] as tf.Tensor)
          within(
            relativeDistance(got, floatsOf(arrays, `grad1_S:${parameter.name}`)),
            `student gradient ${parameter.name}`,
          )
        })
      })
      for (const network of [teacher, student]) network.dispose()
    })

    it('student replay from the stored images', async () => {
      const [teacher, student] = [await goldenClassifier(2), await goldenClassifier(1)]
      const optimizer = createAdam(student.parameters)
      const schedule = cosineSchedule(hyper.lr_S, hyper.total_n_pseudo_batches)
      const options = {
        temperature: hyper.KL_temperature,
        reduction: 'mean' as const,
        attention: hyper.AT_beta,
        gradientClip: hyper.clip,
      }
      const before = tf.memory().numTensors
      const losses: number[] = []
      for (let batch = 0; batch < 3; batch++) {
        tf.tidy(() => {
          const images = imagesOf(arrays, 'x_iters', batch + 1)
          const { logits, activations } = teacher.forward(images, { training: false })
          const args = {
            images,
            teacherLogits: logits,
            learningRate: tf.scalar(schedule(batch)),
            ...Object.fromEntries(activations.map((activation, level) => [`teacherActivation${level}`, activation])),
          }
          for (let step = 0; step < studentSteps; step++)
            losses.push(scalar(zsktStudentStep({ student, optimizer, options }, args).loss))
        })
      }
      expect(tf.memory().numTensors).toBe(before)
      const { data } = arrayOf(arrays, 'student_loss')
      // Runs that have come apart stay apart, whatever a single step's loss says.
      let apart = 0
      losses.forEach((loss, step) => {
        apart = Math.max(apart, sensitivityOf('zskt', name, `replay ${step}`))
        expectWithin(relative(loss, Number(data[step])), boundFrom(apart), `replay ${step}`)
      })
      expect(largestDifference([scalar(optimizer.slots.step)], [30])).toBe(0)
      for (const part of [teacher, student, optimizer]) part.dispose()
    })
  })
}
