import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { attentionMap, attentionTransfer } from '../../src/main/engine/maths/losses/attention'
import { klDivergence } from '../../src/main/engine/maths/losses/divergence'
import { hypergradient, perturbationObjective } from '../../src/main/engine/maths/losses/selfRetrospection'
import { selfRetrospectionStep } from '../../src/main/engine/families/defenses/selfRetrospection/step'
import { readSafetensors } from '../../src/main/engine/weights/safetensors/read'
import { toFloat32, type WeightTensor } from '../../src/main/engine/weights/weightMap'
import { applyUpdates, type Classifier, type StateUpdate } from '../../src/main/engine/maths/nn'
import { weightsOf } from '../../src/main/engine/weights/network'
import { createAdam, type Optimizer } from '../../src/main/engine/families/optimizers'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { arrayOf, floatsOf } from '../fixtures/npz'
import { missingShared } from '../fixtures/shared'
import {
  channelsFirst,
  expectNear,
  goldenArrays,
  goldenClassifier,
  goldenPath,
  imagesOf,
  inFileOrder,
  largestDifference,
  length,
  manifestOf,
  numberOf,
  relativeDistance,
  type Arrays,
} from './golden'
import { boundOf, expectWithin } from './tolerances'

type Case = 'teacher' | 'student'
interface CaseManifest {
  outer_idx: [number[], number[]]
}
type Manifest = Record<Case | 'portion002', CaseManifest>

const options = { penalty: 0.001, iterations: 5, step: 0.1, temperature: 1, reduction: 'mean' as const }
const attention = 250
const batch = 16
const learningRate = 5e-4
/** The digits that float32 leaves of a small difference. */
const threeDigits = 1e-3
const part = 'selfRetrospection'
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? NaN

beforeAll(async () => {
  await startTensorFlow()
})

const absent = missingShared('golden', 'g5_self_retrospection')
describe.skipIf(absent)('Self-Retrospection against the reference', () => {
  const manifest = absent ? ({} as Manifest) : manifestOf<Manifest>('g5_self_retrospection')
  const arrays: Arrays = absent ? new Map() : goldenArrays('g5_self_retrospection', 'sr.npz')
  const valueOf = (tensor: tf.Tensor | undefined): number => tensor?.dataSync()[0] ?? NaN
  const maskOf = (indices: readonly number[]): tf.Tensor4D =>
    tf.tensor4d(
      Array.from({ length: batch }, (_, index) => (indices.includes(index) ? 1 : 0)),
      [batch, 1, 1, 1],
    )
  const patchedOf = (kind: keyof Manifest): [number[], number[]] => (absent ? [[], []] : manifest[kind].outer_idx)
  const perturbationOf = (kind: keyof Manifest): tf.Tensor4D =>
    kind === 'portion002' ? imagesOf(arrays, 'portion002.pert_steps') : imagesOf(arrays, `${kind}.pert_steps`, 9)

  /**
   * Training-mode passes that the reference has made by then, for the running statistics' sake; the answers of the last
   * two.
   */
  const passes = (student: Classifier, inputs: readonly tf.Tensor4D[]): tf.Tensor2D[] =>
    tf.tidy(() => {
      const updates: StateUpdate[] = []
      const answers = inputs.map((input) => student.forward(input, { training: true, updates }).logits)
      applyUpdates(updates)
      return answers.slice(-2)
    })

  for (const kind of ['teacher', 'student'] as const) {
    it(`objective and gradient at each recorded perturbation (found on the ${kind})`, async () => {
      const network = kind === 'teacher' ? await goldenClassifier(2) : await goldenClassifier(1)
      const context = { training: kind === 'student' }
      tf.tidy(() => {
        const images = imagesOf(arrays, 'x')
        const clean = network.forward(images, context).logits
        const distances: number[] = []
        const rounds = [2, 3, 4, 5, 6, 7, 8, 9]
        for (const round of rounds) {
          const perturbation = imagesOf(arrays, `${kind}.pert_steps`, round - 1)
          const { value, grad } = tf.valueAndGrad((p) =>
            perturbationObjective(network, { images, cleanLogits: clean, perturbation: p }, context, options),
          )(perturbation)
          const penalty = options.penalty * length(perturbation.dataSync()) ** 2
          expectNear(
            valueOf(value) - penalty,
            numberOf(arrays, `${kind}.inner_KT_neg_kl`, round),
            boundOf(part, `${kind} objective ${round}`),
            `round ${round}`,
          )
          const distance = relativeDistance(
            channelsFirst(grad),
            channelsFirst(imagesOf(arrays, `${kind}.pert_grads`, round)),
          )
          distances.push(distance)
        }
        // Which unit falls on the other side of its kink depends on the processor, but in most rounds none does.
        for (const [which, distance] of [
          ['most', Math.max(...distances)],
          ['median', median(distances)],
        ] as const) {
          const quantity = `${kind} gradient, round ${which}`
          expectWithin(distance, boundOf(part, quantity), quantity)
        }
      })
      network.dispose()
    })
  }

  for (const kind of ['teacher', 'student', 'portion002'] as const) {
    const bound = (quantity: string): number => boundOf(part, `${kind} ${quantity}`)
    const what = kind === 'portion002' ? 'no image patched' : `perturbation found on the ${kind}`

    it(`hypergradient from the recorded perturbation (${what})`, async () => {
      const student = await goldenClassifier(1)
      tf.tidy(() => {
        const images = imagesOf(arrays, 'x')
        const perturbation = perturbationOf(kind)
        const result = hypergradient(student, { images, perturbation, mask: maskOf(patchedOf(kind)[0]) }, options)
        const outer = channelsFirst(result.outerByPerturbation)
        expectNear(valueOf(result.outerLoss), numberOf(arrays, `${kind}.loss_outer_first`), bound('outer loss'))
        const adjoints = result.adjoints.map(channelsFirst)
        // ‖Jᵀ v‖ for v₀ = 0, then v₁, …: what each iterate has beyond ∂outer/∂p. Nothing patched: v₁ = 0, where the
        // reference ends.
        const norms = adjoints.map((adjoint) => length(adjoint.map((value, index) => value - (outer[index] ?? NaN))))
        const wantedNorms = Array.from(arrayOf(arrays, `${kind}.JTv_norms`).data, Number)
        expect(norms).toHaveLength(options.iterations)
        norms.forEach((norm, index) => expectNear(norm, wantedNorms[index] ?? 0, bound('adjoint'), `‖Jᵀv‖ ${index}`))

        const innerTarget = student.forward(images, { training: true }).logits
        const inner = tf.grad((p) =>
          perturbationObjective(
            student,
            { images, cleanLogits: innerTarget, perturbation: p },
            { training: true },
            options,
          ),
        )(perturbation)
        const start = channelsFirst(perturbation)
        const step = channelsFirst(inner).map((value) => -options.step * value)
        const wantedStep = floatsOf(arrays, `${kind}.w_mapped`).map((value, index) => value - (start[index] ?? NaN))
        // The float32 of w_mapped leaves three digits of the step.
        expectWithin(relativeDistance(step, wantedStep), Math.max(bound('inner step'), threeDigits), 'w_mapped')

        if (kind === 'portion002') {
          // Zero but for rounding, on both sides.
          expect(largestDifference(outer, floatsOf(arrays, `${kind}.grad_outer_w`))).toBeLessThan(1e-6)
          expect(largestDifference(adjoints.at(-1) ?? [], floatsOf(arrays, `${kind}.v_final`))).toBeLessThan(1e-6)
        } else {
          expectWithin(
            relativeDistance(outer, floatsOf(arrays, `${kind}.grad_outer_w`)),
            bound('outer gradient'),
            'outer gradient',
          )
          expectWithin(
            relativeDistance(adjoints.at(-1) ?? [], floatsOf(arrays, `${kind}.v_final`)),
            bound('adjoint'),
            'adjoint',
          )
        }
        student.parameters.forEach((parameter, index) => {
          const { name } = parameter
          const gradient = inFileOrder(parameter, result.gradients[index] as tf.Tensor)
          expectNear(
            length(gradient),
            numberOf(arrays, `${kind}.hyper_norms`, index),
            bound(`hypergradient ${name}`),
            name,
          )
          expectNear(
            length((result.direct[index] as tf.Tensor).dataSync()),
            numberOf(arrays, `${kind}.grad_outer_hparams_norms`, index),
            bound(`direct ${name}`),
            name,
          )
          if (!arrays.has(`${kind}.hyper:${name}`)) return
          const wanted = floatsOf(arrays, `${kind}.hyper:${name}`)
          expectWithin(
            relativeDistance(gradient.slice(0, wanted.length), wanted),
            bound(`hypergradient ${name}`),
            `hypergradient ${name}`,
          )
        })
      })
      student.dispose()
    })

    it(`one whole update of the student (${what})`, async () => {
      const patched = patchedOf(kind)
      const [teacher, student] = [await goldenClassifier(2), await goldenClassifier(1)]
      const starting = weightsOf(student)
      const adam = createAdam(student.parameters)
      let total = new Float32Array()
      const optimizer: Optimizer = {
        ...adam,
        apply(gradients, rate) {
          total = Float32Array.from((gradients as tf.Tensor1D).dataSync())
          adam.apply(gradients, rate)
        },
      }
      const images = imagesOf(arrays, 'x')
      const perturbation = perturbationOf(kind)
      if (kind === 'student') {
        // The inner loop passed the images, clean and perturbed, through the student in each of its ten rounds.
        const clean = tf.tidy(() =>
          Array.from({ length: 10 }, (_, round) => [
            images,
            round === 0 ? images : (tf.add(images, imagesOf(arrays, `${kind}.pert_steps`, round - 1)) as tf.Tensor4D),
          ]).flat(),
        )
        tf.dispose([passes(student, clean), clean.filter((input) => input !== images)])
      }
      const before = tf.memory().numTensors
      tf.tidy(() => {
        const target = teacher.forward(images, { training: false })
        const maps = target.activations.map(attentionMap)
        const outputs = selfRetrospectionStep(
          {
            student,
            optimizer,
            options,
            distillationLoss: ({ logits, activations }) =>
              tf.add(klDivergence(logits, target.logits), tf.mul(attentionTransfer(activations, maps), attention)),
          },
          { images, perturbation, mask: maskOf(patched[0]), learningRate: tf.scalar(learningRate) },
        )
        expectNear(valueOf(outputs.loss), numberOf(arrays, `${kind}.kd_loss`), bound('distillation loss'))
        expectNear(
          valueOf(outputs.gradientNorm),
          length(Array.from(arrayOf(arrays, `${kind}.total_grad_norms`).data, Number)),
          bound('total gradient'),
        )
        let offset = 0
        student.parameters.forEach((parameter, index) => {
          const {
            name,
            variable: { size, shape },
          } = parameter
          const gradient = inFileOrder(parameter, tf.tensor(total.slice(offset, offset + size), shape))
          offset += size
          expectNear(
            length(gradient),
            numberOf(arrays, `${kind}.total_grad_norms`, index),
            bound(`total gradient ${name}`),
            name,
          )
          if (!arrays.has(`${kind}.total_grad:${name}`)) return
          const wanted = floatsOf(arrays, `${kind}.total_grad:${name}`)
          expectWithin(
            relativeDistance(gradient.slice(0, wanted.length), wanted),
            bound(`total gradient ${name}`),
            `total gradient ${name}`,
          )
        })
      })
      expect(tf.memory().numTensors).toBe(before)

      const mask = maskOf(patched[1])
      const patchedImages = tf.tidy(() => tf.add(images, tf.mul(perturbation, mask)) as tf.Tensor4D)
      const [clean, answer] = passes(student, [images, patchedImages]) as [tf.Tensor2D, tf.Tensor2D]
      const outerLoss = klDivergence(answer, clean)
      expectNear(valueOf(outerLoss), numberOf(arrays, `${kind}.loss_outer_after_step`), bound('outer loss after'))
      if (kind !== 'portion002') {
        const { tensors } = await readSafetensors(
          goldenPath('g5_self_retrospection', `student_after_${kind}.safetensors`),
        )
        for (const [name, tensor] of weightsOf(student)) {
          const wanted = tensors.get(name)
          if (!wanted) continue
          const [got, reference] = [toFloat32(tensor), toFloat32(wanted)]
          if (name.endsWith('num_batches_tracked')) expect([...got], name).toEqual([...reference])
          else if (name.includes('running'))
            expectWithin(relativeDistance(got, reference), bound(`buffer ${name}`), name)
          else {
            // Adam's first step is the learning rate times the sign of the gradient, also where that is rounding.
            const start = toFloat32(starting.get(name) as WeightTensor)
            const changeOf = (values: Float32Array): Float32Array =>
              values.map((value, index) => value - (start[index] ?? NaN))
            expectWithin(
              relativeDistance(changeOf(got), changeOf(reference)),
              bound(`change ${name}`),
              `change ${name}`,
            )
          }
        }
      }
      tf.dispose([images, perturbation, mask, patchedImages, clean, answer, outerLoss])
      for (const part of [teacher, student, optimizer]) part.dispose()
    })
  }
})
