import type { ArchitectureCost } from './types'

/** Adds up parameters and multiply-adds layer by layer. */
export interface CostCounter {
  convolution(options: { inputs: number; outputs: number; kernel: number; height: number; width: number; bias?: boolean; depthwise?: boolean }): void
  batchNorm(channels: number): void
  linear(inputs: number, outputs: number): void
  total(): ArchitectureCost
}

/** `height` and `width` are those of a convolution's output. */
export function createCostCounter(): CostCounter {
  let parameters = 0
  let multiplyAdds = 0
  return {
    convolution({ inputs, outputs, kernel, height, width, bias = false, depthwise = false }) {
      const weights = kernel * kernel * outputs * (depthwise ? 1 : inputs)
      parameters += weights + (bias ? outputs : 0)
      multiplyAdds += weights * height * width
    },
    batchNorm(channels) {
      parameters += 2 * channels
    },
    linear(inputs, outputs) {
      parameters += inputs * outputs + outputs
      multiplyAdds += inputs * outputs
    },
    total: () => ({ parameters, multiplyAdds }),
  }
}
