import { expect, it } from 'vitest'
import { startTensorFlow } from '../../../src/main/engine/runtime'

it('runs an op on the device it reports', async () => {
  const { tf, binding, device } = await startTensorFlow()
  const product = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.fill([3, 2], 2)).arraySync())
  expect(product).toEqual([
    [6, 6],
    [6, 6],
  ])
  expect(tf.getBackend()).toBe('tensorflow')
  expect(device.kind).toBe(binding.isUsingGpuDevice() ? 'gpu' : 'cpu')
  expect(device.tensorflow).toBe(binding.TF_Version)
})

it('gives the process one runtime', async () => {
  expect(await startTensorFlow({ threads: 1 })).toBe(await startTensorFlow())
})

it('sends every kernel through the replaceable binding', async () => {
  const { tf, binding } = await startTensorFlow()
  const executeOp = binding.executeOp
  const seen: string[] = []
  binding.executeOp = (name, ...rest) => {
    seen.push(name)
    return executeOp(name, ...rest)
  }
  try {
    tf.tidy(() => tf.relu(tf.tensor1d([-1, 1])).dataSync())
  } finally {
    binding.executeOp = executeOp
  }
  expect(seen).toEqual(['Relu'])
})

it('knows gradients and shares one tfjs-core with modules that import it', async () => {
  const { tf } = await startTensorFlow()
  const imported = await import('@tensorflow/tfjs-core')
  expect(imported.engine()).toBe(tf.engine())
  const slope = tf.tidy(
    () =>
      tf
        .grad((x) => tf.square(x))(tf.scalar(3))
        .dataSync()[0],
  )
  expect(slope).toBe(6)
})
