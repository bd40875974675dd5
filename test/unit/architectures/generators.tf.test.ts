import { beforeAll, describe, expect, it } from 'vitest'
import { cmiGeneratorCost, createCmiGenerator } from '../../../src/main/engine/families/architectures/generators/cmi'
import { createZsktGenerator, zsktGeneratorCost } from '../../../src/main/engine/families/architectures/generators/zskt'
import type { Generator } from '../../../src/main/engine/maths/nn/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'

beforeAll(async () => {
  await startTensorFlow()
})

const image = { channels: 3, height: 8, imageWidth: 12 }
const stream = createStream(1, 'generator')
const sizeOf = (generator: Generator): number => {
  const size = generator.parameters.reduce((total, { variable }) => total + variable.size, 0)
  generator.dispose()
  return size
}

describe('the costs of generators', () => {
  it('count the parameters that they have', () => {
    for (const large of [false, true]) {
      const options = { ...image, latent: 5, width: 6, large }
      expect(cmiGeneratorCost(options).parameters).toBe(sizeOf(createCmiGenerator({ ...options, stream })))
    }
    const options = { ...image, latent: 5, width: 6 }
    expect(zsktGeneratorCost(options).parameters).toBe(sizeOf(createZsktGenerator({ ...options, stream })))
  })
})
