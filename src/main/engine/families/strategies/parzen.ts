/** Densities around points that were tried: on [0, 1], or over the numbers of listed values. */

export interface Density {
  draw(random: () => number): number
  logDensity(at: number): number
}

/**
 * Distribution function of the standard normal; error below 1.5e-7.
 * erf by Abramowitz & Stegun, 7.1.26.
 */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * z)
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
  const erf = 1 - series * Math.exp(-z * z)
  return (1 + Math.sign(x) * erf) / 2
}

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const narrowest = 100
const smallestMass = 1e-12
const attempts = 50

/**
 * A mixture of normals cut to [0, 1]: one around each point, as wide as the farther neighbour is away, and a flat one
 * (mean 1/2, width 1) as prior.
 */
export function parzen(points: readonly number[]): Density {
  const sorted = [...points].sort((left, right) => left - right)
  const floor = 1 / Math.min(narrowest, 1 + points.length)
  const around = sorted.map((mean, index) => ({
    mean,
    width: Math.min(1, Math.max(floor, mean - (sorted[index - 1] ?? 0), (sorted[index + 1] ?? 1) - mean)),
  }))
  const kernels = [{ mean: 0.5, width: 1 }, ...around].map((kernel) => ({
    ...kernel,
    mass: Math.max(smallestMass, normalCdf((1 - kernel.mean) / kernel.width) - normalCdf(-kernel.mean / kernel.width)),
  }))
  return {
    draw(random) {
      const kernel = kernels[Math.floor(random() * kernels.length)]
      for (let attempt = 0; kernel && attempt < attempts; attempt++) {
        const at = kernel.mean + kernel.width * gaussian(random)
        if (at >= 0 && at <= 1) return at
      }
      return random()
    },
    logDensity(at) {
      const sum = kernels.reduce((total, { mean, width, mass }) => {
        const height = Math.exp(-(((at - mean) / width) ** 2) / 2) / (width * Math.sqrt(2 * Math.PI) * mass)
        return total + height
      }, 0)
      return Math.log(sum / kernels.length)
    },
  }
}

/** Listed values by their number: each counts once, and once more for each point at it. */
export function categorical(points: readonly number[], size: number): Density {
  const weights = new Float64Array(size).fill(1)
  for (const point of points) weights[point] = (weights[point] ?? 0) + 1
  const total = points.length + size
  return {
    draw(random) {
      let rest = random() * total
      for (const [index, weight] of weights.entries()) {
        rest -= weight
        if (rest < 0) return index
      }
      return size - 1
    },
    logDensity: (at) => Math.log((weights[at] ?? 0) / total),
  }
}
