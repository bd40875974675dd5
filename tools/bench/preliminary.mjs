/** A short round of all variants of the baseline: only those that are fastest in something run all repeats. */
import { bestOf, finalists } from './choice.mjs'
import { measure } from './measure.mjs'
import { numbersQuestion } from './numbers.mjs'
import { variantSubject } from './subjects.mjs'
import { secondsOf } from './summary.mjs'
import { groups, plainVariant, variantsFor } from './variants.mjs'

/** Compiling is in the first call. */
const warmUps = 1

/**
 * @param cache folder for what is compiled, and for the weights that ours gets
 * @returns subjects for the main round; `numbers` of all variants; `report`: medians of all variants, what their first
 *   calls took, which failed
 */
export async function chooseBaselines(options, { phases, cache }) {
  const wanted = groups.filter((group) => options.baselines.includes(group))
  const variants = variantsFor(options.device, { groups: wanted, names: options.variants })
  const report = { repeats: options.preliminary, seconds: {}, cpuSeconds: {}, firstCalls: {}, failed: {} }
  const numbers = {}
  // A group at a time: its variants are compared with each other, and all of them at once would want much memory.
  for (const group of wanted) {
    const members = variants.filter((variant) => variant.group === group)
    if (members.length === 0) continue
    const definitions = members.map((variant) => ({
      ...variantSubject(variant, options, { phases, cache }),
      question: numbersQuestion(cache),
    }))
    const {
      samples,
      firstCalls,
      failed,
      numbers: found,
    } = await measure(definitions, {
      phases,
      warmUps,
      repeats: options.preliminary,
      title: `choosing among ${group} baselines`,
      keepGoing: true,
    })
    addTo(report.seconds, secondsOf(samples, phases))
    addTo(report.cpuSeconds, secondsOf(samples, phases, 'cpu'))
    for (const { subject, phase, times } of firstCalls) (report.firstCalls[subject] ??= {})[phase] = times.total
    Object.assign(report.failed, failed)
    Object.assign(numbers, found)
  }
  const chosen = finalists(bestOf(report.seconds, variants))
  if (variants.some(({ id }) => id === plainVariant) && report.failed[plainVariant] === undefined)
    chosen.set(plainVariant, new Set(phases))
  const kept = variants.filter(({ id }) => chosen.has(id))
  return {
    variants: kept,
    subjects: kept.map((variant) =>
      variantSubject(variant, options, { phases: [...(chosen.get(variant.id) ?? [])], cache }),
    ),
    report,
    numbers,
  }
}

function addTo(all, more) {
  for (const [figure, bySubject] of Object.entries(more)) all[figure] = { ...all[figure], ...bySubject }
}
