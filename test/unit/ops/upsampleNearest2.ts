import type * as tf from '@tensorflow/tfjs-core'
import { upsampleNearest } from '../../../src/main/engine/maths/ops'

/** [N, H, W, C] → [N, 2H, 2W, C], each pixel four times (torch.nn.Upsample(scale_factor=2)). */
export const upsampleNearest2 = (x: tf.Tensor4D): tf.Tensor4D =>
  upsampleNearest(x, { height: 2 * x.shape[1], width: 2 * x.shape[2] })
