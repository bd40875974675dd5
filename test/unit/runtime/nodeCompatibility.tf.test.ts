import { createRequire } from 'node:module'
import { expect, it } from 'vitest'

it('runs where Node has no util.isNullOrUndefined (Node 23 and later)', async () => {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>
  delete util.isNullOrUndefined
  expect(util.isNullOrUndefined).toBeUndefined()
  const { startTensorFlow } = await import('../../../src/main/engine/runtime')
  const { tf } = await startTensorFlow()
  expect(tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)).dataSync()[0])).toBe(3)
})
