/**
 * The built-in picture: noise on many scales under hundreds of shapes, so that patches of any size have something to
 * see.
 */
import { createYielding, type Yielding } from '../../../images/yielding'
import { createStream, type RandomStream } from '../../../maths/random'
import type { Picture } from '../types'

/** Side of the built-in picture in pixels. */
const builtInSide = 512
const octaves = 6
const shapes = 400

/** Smooth noise with `cells` cells per side, bilinear, repeating at the borders. */
function noise(cells: number, stream: RandomStream): (x: number, y: number) => number {
  const values = stream.uniform(cells * cells)
  const at = (column: number, row: number): number => values[(row % cells) * cells + (column % cells)] ?? 0
  return (x, y) => {
    const column = Math.floor(x * cells)
    const row = Math.floor(y * cells)
    const right = x * cells - column
    const down = y * cells - row
    const upper = at(column, row) * (1 - right) + at(column + 1, row) * right
    return upper * (1 - down) + (at(column, row + 1) * (1 - right) + at(column + 1, row + 1) * right) * down
  }
}

async function drawNoise(image: Float32Array, side: number, stream: RandomStream, yielding: Yielding): Promise<void> {
  for (let channel = 0; channel < 3; channel++) {
    const layers = Array.from({ length: octaves }, (_unused, octave) => noise(4 * 2 ** octave, stream))
    for (let row = 0; row < side; row++) {
      if (yielding.due()) await yielding.pause()
      for (let column = 0; column < side; column++) {
        let value = 0
        let weight = 1
        let total = 0
        for (const layer of layers) {
          value += weight * layer(column / side, row / side)
          total += weight
          weight *= 0.7
        }
        image[(row * side + column) * 3 + channel] = value / total
      }
    }
  }
}

/** Whether a point of the shape's own frame (−1 … 1) is painted. */
const kinds: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.abs(x) < 1 && Math.abs(y) < 1,
  (x, y) => Math.abs(x) < 1 && Math.abs(y) < 1 && Math.floor((x + 1) * 4) % 2 === 0,
  (x, y) => Math.abs(x) < 1 && Math.abs(y) < 1 && (Math.floor((x + 1) * 3) + Math.floor((y + 1) * 3)) % 2 === 0,
  (x, y) => {
    const radius = x * x + y * y
    return radius < 1 && radius > 0.5
  },
  (x, y) => y > -1 && Math.abs(x) < (1 - y) / 2,
]

/** @param late 0 for the first shape, 1 for the last: small ones come late and stay whole */
function drawShape(image: Float32Array, side: number, late: number, stream: RandomStream): void {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, ...colour] = stream.uniform(10)
  const paints = kinds[Math.floor(first * kinds.length)] ?? (() => false)
  const radius = side * 0.01 * Math.exp((0.4 * third + 0.6 * (1 - late)) * Math.log(15))
  const [centreX, centreY, squeeze, angle] = [second * side, fourth * side, 0.4 + 0.6 * fifth, sixth * 2 * Math.PI]
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const reach = Math.ceil(radius * 1.5)
  for (let row = Math.max(0, Math.floor(centreY) - reach); row < Math.min(side, centreY + reach); row++) {
    for (let column = Math.max(0, Math.floor(centreX) - reach); column < Math.min(side, centreX + reach); column++) {
      const x = (column - centreX) / radius
      const y = (row - centreY) / radius
      if (!paints(x * cosine + y * sine, (y * cosine - x * sine) / squeeze)) continue
      const light = 0.85 + 0.15 * y
      for (let channel = 0; channel < 3; channel++)
        image[(row * side + column) * 3 + channel] = (colour[channel] ?? 0) * light
    }
  }
}

/**
 * A picture of our own making, 512 × 512, the same for the same seed everywhere. Half a second of work, with gaps in
 * which others do theirs.
 */
export async function drawPicture(seed: number, channels: number, signal?: AbortSignal): Promise<Picture> {
  const yielding = createYielding(signal)
  const stream = createStream(seed, 'ood/picture')
  const image = new Float32Array(builtInSide * builtInSide * 3)
  await drawNoise(image, builtInSide, stream, yielding)
  for (let shape = 0; shape < shapes; shape++) {
    if (yielding.due()) await yielding.pause()
    drawShape(image, builtInSide, shape / shapes, stream)
  }
  const rgb = Uint8Array.from(image, (value) => Math.max(0, Math.min(255, Math.round(value * 255))))
  if (channels !== 1) return { side: builtInSide, channels: 3, pixels: rgb }
  const grey = Uint8Array.from({ length: builtInSide * builtInSide }, (_unused, pixel) =>
    Math.round(0.299 * (rgb[pixel * 3] ?? 0) + 0.587 * (rgb[pixel * 3 + 1] ?? 0) + 0.114 * (rgb[pixel * 3 + 2] ?? 0)),
  )
  return { side: builtInSide, channels: 1, pixels: grey }
}
