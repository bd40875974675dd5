import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, floatType, single } from './kernels'
import { mean } from './reductions'

const energyOperation = defineOperation<'x', object>({
  name: 'AbdChannelEnergy',
  saveInputs: ['x'],
  run: ({ x }) => tf.tidy(() => mean(execute('Square', [floatType()], [x]), [3])),
  gradient: ([dy], [x]) => ({
    x: () => {
      const input = x as tf.Tensor4D
      return tf.mul(input, tf.expandDims(tf.mul(dy as tf.Tensor, 2 / input.shape[3]), 3))
    },
  }),
})

/**
 * [N, H, W, C] → [N, H, W]: mean over channels of x². One pass back instead of tfjs's three. Differentiable to any
 * order.
 */
export const channelEnergy = (x: tf.Tensor4D): tf.Tensor3D => single<tf.Tensor3D>(energyOperation({ x }, {}))
