/** How far apart two colours look, also to people who lack one kind of cones. */

type Triple = readonly [number, number, number]

/** Of all three kinds of cones, and without the long, middle or short one. */
export const visions = ['all', 'protanopia', 'deuteranopia', 'tritanopia'] as const
export type Vision = (typeof visions)[number]

/** Linear RGB to linear RGB. Source: Machado et al., IEEE TVCG 15 (2009), 1291, severity 1. */
const simulations: Readonly<Record<Vision, readonly [Triple, Triple, Triple]>> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}
/** Linear sRGB to XYZ, D65. */
const toXyz: readonly [Triple, Triple, Triple] = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
]

const dot = (row: Triple, vector: Triple): number => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2]
const times = (matrix: readonly [Triple, Triple, Triple], vector: Triple): Triple => [
  dot(matrix[0], vector),
  dot(matrix[1], vector),
  dot(matrix[2], vector),
]
const clamped = (vector: Triple): Triple => vector.map((part) => Math.min(1, Math.max(0, part))) as unknown as Triple

/** @param color '#rrggbb' */
function linear(color: string): Triple {
  const part = (at: number): number => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [part(1), part(3), part(5)]
}

function lab(color: string, vision: Vision): Triple {
  const [x, y, z] = times(toXyz, clamped(times(simulations[vision], linear(color))))
  const root = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
  const [a, b, c] = [root(x / 0.95047), root(y), root(z / 1.08883)]
  return [116 * b - 16, 500 * (a - b), 200 * (b - c)]
}

const degrees = Math.PI / 180
const hue = (a: number, b: number): number => (Math.atan2(b, a) / degrees + 360) % 360

/** CIEDE2000. Source: Sharma et al., Color Research and Application 30 (2005), 21; k_L = k_C = k_H = 1. */
export function ciede2000(first: Triple, second: Triple): number {
  const [l1, , b1] = first
  const [l2, , b2] = second
  const chroma = (Math.hypot(first[1], b1) + Math.hypot(second[1], b2)) / 2
  const stretch = 1 + (1 - Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7))) / 2
  const [a1, a2] = [first[1] * stretch, second[1] * stretch]
  const [c1, c2] = [Math.hypot(a1, b1), Math.hypot(a2, b2)]
  const [h1, h2] = [hue(a1, b1), hue(a2, b2)]
  const grey = c1 * c2 === 0
  let turn = grey ? 0 : h2 - h1
  if (turn > 180) turn -= 360
  else if (turn < -180) turn += 360
  let middle = h1 + h2
  if (!grey) middle = (Math.abs(h1 - h2) > 180 ? middle + (middle < 360 ? 360 : -360) : middle) / 2
  const cosine = (factor: number, shift: number): number => Math.cos((factor * middle + shift) * degrees)
  const t = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6) - 0.2 * cosine(4, -63)
  const [lightness, c] = [((l1 + l2) / 2 - 50) ** 2, (c1 + c2) / 2]
  const deltaL = (l2 - l1) / (1 + (0.015 * lightness) / Math.sqrt(20 + lightness))
  const deltaC = (c2 - c1) / (1 + 0.045 * c)
  const deltaH = (2 * Math.sqrt(c1 * c2) * Math.sin((turn / 2) * degrees)) / (1 + 0.015 * c * t)
  const rotation =
    -2 * Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)) * Math.sin(60 * Math.exp(-(((middle - 275) / 25) ** 2)) * degrees)
  return Math.sqrt(deltaL ** 2 + deltaC ** 2 + deltaH ** 2 + rotation * deltaC * deltaH)
}

export const difference = (first: string, second: string, vision: Vision): number =>
  ciede2000(lab(first, vision), lab(second, vision))

/** Contrast ratio of WCAG 2, 1 … 21. */
export function contrast(first: string, second: string): number {
  const luminance = (color: string): number => dot(toXyz[1], linear(color))
  const [high, low] = [luminance(first), luminance(second)].sort((left, right) => right - left)
  return ((high ?? 0) + 0.05) / ((low ?? 0) + 0.05)
}
