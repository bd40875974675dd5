import type * as tf from '@tensorflow/tfjs-core'

/**
 * Runs two ops and tells which device ran them, by what the device does rather than by what was asked.
 * The first (a matrix product) must be right. The second reads past the end of a tensor with Gather, where TensorFlow's documented
 * behaviour differs: the CPU kernel refuses with an error, the GPU kernel, which cannot, stores 0.
 */
export function probeDevice(tensorFlow: typeof tf): 'cpu' | 'gpu' {
  return tensorFlow.tidy(() => {
    const [product] = tensorFlow.matMul(tensorFlow.tensor2d([[2, 3]]), tensorFlow.tensor2d([[5], [7]])).dataSync()
    if (product !== 31) throw new Error(`TensorFlow's first op is wrong: 2·5 + 3·7 gave ${String(product)}`)
    try {
      tensorFlow.gather(tensorFlow.tensor1d([1, 2], 'float32'), tensorFlow.tensor1d([5], 'int32')).dataSync()
      return 'gpu'
    } catch {
      return 'cpu'
    }
  })
}
