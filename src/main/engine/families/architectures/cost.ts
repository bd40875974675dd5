import type { ArchitectureCost } from './types'

/** Adds up parameters, multiply-adds and activations layer by layer. */
export interface CostCounter {
  /** `upsampled`: of an image that was doubled before, as the builder's convolutions are. */
  convolution(options: {
    inputs: number
    outputs: number
    kernel: number
    height: number
    width: number
    bias?: boolean
    depthwise?: boolean
    groups?: number
    upsampled?: boolean
  }): void
  batchNorm(channels: number): void
  /** `vectors` of one image go through it. */
  linear(inputs: number, outputs: number, vectors?: number): void
  /** Parameters that nothing is multiplied with, beside convolutions and linear layers. */
  scalars(count: number): void
  total(): ArchitectureCost
}

/** Of a 3×3 convolution over an upsampled image, per output pixel and pair of channels: see upsampledConv2d. */
const upsampledTaps = 4

/** `height` and `width` are those of a convolution's output. */
export function createCostCounter(): CostCounter {
  let parameters = 0
  let multiplyAdds = 0
  let activations = 0
  return {
    convolution({ inputs, outputs, kernel, height, width, ...options }) {
      const { bias = false, depthwise = false, groups = 1, upsampled = false } = options
      const pairs = outputs * (depthwise ? 1 : inputs / groups)
      const weights = kernel * kernel * pairs
      parameters += weights + (bias ? outputs : 0)
      activations += outputs * height * width
      multiplyAdds += (upsampled ? upsampledTaps * pairs : weights) * height * width
    },
    batchNorm(channels) {
      parameters += 2 * channels
    },
    linear(inputs, outputs, vectors = 1) {
      parameters += inputs * outputs + outputs
      multiplyAdds += inputs * outputs * vectors
      activations += outputs * vectors
    },
    scalars(count) {
      parameters += count
    },
    total: () => ({ parameters, multiplyAdds, activations }),
  }
}
