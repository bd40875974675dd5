/**
 * Sizes of the matrix product and of the convolution that tell what the units can do: large enough that a unit is busy,
 * small enough that a repeat costs little beside the parts.
 */
export const peakSizes = {
  cpu: { chain: 4, side: 2048, images: 128, channels: 64 },
  gpu: { chain: 50, side: 8192, images: 512, channels: 128 },
}
