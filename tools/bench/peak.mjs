/**
 * What the units can do: a matrix product and a 3×3 convolution with nothing around them, in the same run and in turn,
 * in our process and in PyTorch's; and which share of the best of them each part of the benchmark reaches.
 */
import { figures } from './figures.mjs'
import { oursIn } from './subjects.mjs'

const imagePixels = 32 * 32
const filterTaps = 3 * 3

/** 10⁹ operations of one link of each chain; a multiply-add is two. */
export function peakOperations({ side, images, channels }) {
  return {
    product: (2 * side ** 3) / 1e9,
    convolution: (2 * filterTaps * channels ** 2 * imagePixels * images) / 1e9,
  }
}

/** The baselines in the number format of ours. */
const groupOf = { float32: 'float32', tf32: 'tf32', mixed: 'autocast' }

/**
 * 10⁹ operations a second, ours and the best baseline's; `best` is the largest.
 * @returns precision → { product, convolution, best, shares: figure → reached share of the best }
 */
export function peaksOf({ seconds, baselines, work, precisions, sizes }) {
  const operations = peakOperations(sizes)
  const speed = (figure, subject) => {
    const median = seconds[figure]?.[subject]?.median
    return median === undefined ? undefined : operations[figure] / median
  }
  return Object.fromEntries(
    precisions.map((precision) => {
      const speeds = Object.fromEntries(
        Object.keys(operations).map((figure) => [
          figure,
          {
            ours: speed(figure, oursIn(precision)),
            theirs: speed(figure, baselines[groupOf[precision]]?.[figure]),
          },
        ]),
      )
      const known = Object.values(speeds).flatMap(({ ours, theirs }) => [ours, theirs].filter((value) => value > 0))
      const best = Math.max(...known)
      const reached = Object.entries(work).flatMap(([figure, giga]) => {
        const median = seconds[figure]?.[oursIn(precision)]?.median
        return median === undefined ? [] : [[figure, giga / median / best]]
      })
      return [precision, { ...speeds, best, shares: Object.fromEntries(reached) }]
    }),
  )
}

const whole = (value) => (value === undefined ? '–' : Math.round(value).toLocaleString('en-US'))

/** The tables of what the units can do and of how much of it each part reaches. */
export function peakSection({ peaks, work, settings }) {
  if (!peaks) return []
  const { precisions } = settings
  const shares = (figure) =>
    precisions.map((precision) => {
      const share = peaks[precision].shares[figure]
      return share === undefined ? '–' : `${whole(share * peaks[precision].best)} (${Math.round(share * 100)} %)`
    })
  return [
    '## How much of the peak',
    '',
    'A matrix product and a 3×3 convolution with nothing around them, in the same run and in turn: 10⁹ operations a second (a multiply-add is two).',
    '',
    '| Peak | matrix product, ours | PyTorch | 3×3 convolution, ours | PyTorch |',
    '|---|---|---|---|---|',
    ...precisions.map((precision) => {
      const { product, convolution } = peaks[precision]
      const cells = [product.ours, product.theirs, convolution.ours, convolution.theirs].map(whole)
      return `| ${[precision, ...cells].join(' | ')} |`
    }),
    '',
    "What each part of ours reaches, and its share of the row's largest figure above; operations are those of convolutions and matrix products by the networks' own count.",
    '',
    `| Part | 10⁹ operations | ${precisions.join(' | ')} |`,
    `|---|---|${precisions.map(() => '---|').join('')}`,
    ...figures
      .filter(({ id }) => work[id] !== undefined)
      .map(({ id, title }) => `| ${[title, work[id].toFixed(1), ...shares(id)].join(' | ')} |`),
    '',
  ]
}
