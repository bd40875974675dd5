import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, it } from 'vitest'
import { knowledgeDistillationLoss } from '../../src/main/engine/maths/losses/knowledgeDistillation'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { arrayOf, floatsOf } from '../fixtures/npz'
import { missingShared } from '../fixtures/shared'
import { goldenArrays, numberOf, relativeDistance, tensorOf } from './golden'
import { boundOf, expectWithin } from './tolerances'

beforeAll(async () => {
  await startTensorFlow()
})

describe.skipIf(missingShared('golden', 'g6_kd'))('distillation with data against the reference', () => {
  for (const [alpha, temperature] of [
    [0.95, 6],
    [0.5, 4],
    [1, 1],
    [0, 6],
  ] as const) {
    it(`loss and gradient at α ${alpha}, T ${temperature}`, () => {
      const arrays = goldenArrays('g6_kd', 'kd.npz')
      const suffix = [...arrays.keys()]
        .find(
          (name) =>
            name.startsWith('loss.') &&
            Number(/a([\d.]+)_/.exec(name)?.[1]) === alpha &&
            Number(/T([\d.]+)$/.exec(name)?.[1]) === temperature,
        )
        ?.slice(5)
      tf.tidy(() => {
        const teacher = tensorOf<tf.Tensor2D>(arrays, 'teacher_logits')
        const labels = tf.tensor1d(Int32Array.from(Array.from(arrayOf(arrays, 'labels').data, Number)), 'int32')
        const { value, grad } = tf.valueAndGrad((logits) =>
          knowledgeDistillationLoss(logits as tf.Tensor2D, teacher, labels, { alpha, temperature }),
        )(tensorOf(arrays, 'student_logits'))
        const within = (distance: number, quantity: string): void =>
          expectWithin(distance, boundOf('cleanKd', `${quantity} ${alpha} ${temperature}`), quantity)
        within(Math.abs((value.dataSync()[0] ?? NaN) / numberOf(arrays, `loss.${suffix}`) - 1), 'loss')
        within(relativeDistance(grad.dataSync(), floatsOf(arrays, `grad.${suffix}`)), 'gradient')
      })
    })
  }
})
