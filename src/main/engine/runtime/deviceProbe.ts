import type * as tf from '@tensorflow/tfjs-core'

/**
 * Runs two ops and tells which device ran them, by what the device does rather than by what was asked.
 * The first (a matrix product) must be right. The second asks for DepthToSpace in NCHW order, which TensorFlow
 * implements for the GPU alone:
 * its CPU kernel refuses with an error, its GPU kernel answers.
 */
export function probeDevice(tensorFlow: typeof tf): 'cpu' | 'gpu' {
  return tensorFlow.tidy(() => {
    const [product] = tensorFlow.matMul(tensorFlow.tensor2d([[2, 3]]), tensorFlow.tensor2d([[5], [7]])).dataSync()
    if (product !== 31) throw new Error(`TensorFlow's first op is wrong: 2·5 + 3·7 gave ${String(product)}`)
    try {
      tensorFlow.depthToSpace(tensorFlow.tensor4d([1, 2, 3, 4], [1, 4, 1, 1]), 2, 'NCHW').dataSync()
      return 'gpu'
    } catch {
      return 'cpu'
    }
  })
}
