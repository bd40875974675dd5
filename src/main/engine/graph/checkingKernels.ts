/** Kernels that read an input on the host, and only to check it: the values decide nothing but an error. */
import * as tf from '@tensorflow/tfjs-core'

/** tf.gather compares its indices with the axis. */
const checkingKernels: readonly string[] = [tf.GatherV2]

/** Calls `enter` before and `leave` after each of these kernels, until the returned function is called. */
export function watchCheckingKernels(enter: () => void, leave: () => void): () => void {
  const ends = checkingKernels.map((name) => {
    const kernel = tf.getKernel(name, tf.getBackend())
    if (!kernel) throw new Error(`The backend has no kernel ${name}.`)
    const { kernelFunc } = kernel
    kernel.kernelFunc = (call) => {
      enter()
      try {
        return kernelFunc(call)
      } finally {
        leave()
      }
    }
    return () => {
      kernel.kernelFunc = kernelFunc
    }
  })
  return () => {
    for (const end of ends) end()
  }
}
