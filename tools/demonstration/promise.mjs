/** What the start page's button promises of each seed, and how far a measured run keeps it. */

/**
 * Fractions of 1, seconds. The students: the first without a defense, the last with the one that is promised; what
 * stands between them is shown as it is.
 */
export const promise = {
  seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  teacher: { accuracy: 0.95, asr: 0.95 },
  undefended: { accuracy: 0.8, asr: 0.8 },
  defended: { accuracyLoss: 0.07, asr: 0.2 },
  seconds: 360,
}

/** Differences of rates are sums of decimals: 0.9 − 0.83 is not 0.07. */
const rounding = 1e-9

const percent = (fraction) => `${(fraction * 100).toFixed(1)} %`
const rates = ({ accuracy, asr }) => `${percent(accuracy)} / ${percent(asr)}`

/**
 * One sentence for each part of the promise that a run does not keep.
 * @param {import('../../src/shared/domain').MeasuredSeed} measured
 */
export function fallsShort({ seed, seconds, teacher, students }) {
  const undefended = students[0]
  const defended = students.at(-1)
  const short = []
  const check = (kept, words) => {
    if (!kept) short.push(`Seed ${seed}: ${words}`)
  }
  const atLeast = (found, least, name) =>
    check(
      found.accuracy >= least.accuracy && found.asr >= least.asr,
      `${name} ${rates(found)}, wanted ${rates(least)}.`,
    )
  atLeast(teacher, promise.teacher, 'teacher')
  atLeast(undefended, promise.undefended, 'student without a defense')
  const { accuracyLoss, asr } = promise.defended
  const name = `defended student ${rates(defended)}`
  check(
    undefended.accuracy - defended.accuracy <= accuracyLoss + rounding,
    `${name}, wanted an accuracy of at least ${percent(undefended.accuracy - accuracyLoss)}.`,
  )
  check(defended.asr <= asr, `${name}, wanted an ASR of at most ${percent(asr)}.`)
  check((seconds ?? 0) <= promise.seconds, `${seconds} s, wanted at most ${promise.seconds} s.`)
  return short
}

/** Accuracy / ASR of each model, a line a seed. */
export const summaryLines = (measured) =>
  measured.map(
    ({ seed, seconds, teacher, students }) =>
      `seed ${seed}: teacher ${rates(teacher)}; ${students.map(rates).join('; ')}; ${seconds === null ? 'not timed' : `${seconds} s`}`,
  )
