/** Medians, quartiles and ratios of the samples. */
import { figures } from './figures.mjs'
import { peaksOf } from './peak.mjs'
import { peakSizes } from './peakSizes.mjs'
import { bestOf, ratiosAgainst } from './choice.mjs'
import { machine } from './instructions.mjs'
import { differencesOf } from './numbers.mjs'
import { plainVariant } from './variants.mjs'
import { oursIn } from './subjects.mjs'

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return low + (high - low) * (place - Math.floor(place))
}

export function statistics(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    repeats: sorted.length,
  }
}

/**
 * Statistics of every figure and subject.
 * @typedef {{ median: number, lowerQuartile: number, upperQuartile: number, repeats: number }} Statistics
 * @returns {Record<string, Record<string, Statistics>>} figure → subject → seconds
 * @param clock 'wall' or 'cpu': what a process used of all cores, which a busy machine changes little
 */
export function secondsOf(samples, phases, clock = 'wall') {
  /** @type {Record<string, Record<string, Statistics>>} */
  const seconds = {}
  for (const { id, phase, part } of figures.filter((figure) => phases.includes(figure.phase))) {
    const values = new Map()
    for (const { subject, times } of samples.filter((sample) => sample.phase === phase)) {
      const value = (clock === 'cpu' ? times.cpu : times)?.[part]
      if (typeof value === 'number') values.set(subject, [...(values.get(subject) ?? []), value])
    }
    seconds[id] = Object.fromEntries([...values].map(([subject, all]) => [subject, statistics(all)]))
  }
  return seconds
}

/** Figure → subject, where every figure is compared with the same subject. */
const alone = (seconds, subject) => Object.fromEntries(Object.keys(seconds).map((figure) => [figure, subject]))

/** Ratios of ours in one precision to each baseline: the best of every group, and every subject that is no variant. */
function ratiosOf(seconds, { ours, best, others }) {
  return Object.fromEntries([
    ...Object.entries(best).map(([group, theirs]) => [group, ratiosAgainst(seconds, theirs, ours)]),
    ...others.map((subject) => [subject, ratiosAgainst(seconds, alone(seconds, subject), ours)]),
  ])
}

/**
 * What the benchmark found, as its JSON line has it. `ratios` are those of the first precision asked for.
 * @param {{ samples: any[], facts: Record<string, any>, memory: any, options: any, phases: string[],
 *   variants?: { id: string, group: string }[], numbers?: Record<string, Record<string, number>>, preliminary?: any }}
 *   measured `variants`: those that ran all repeats
 */
export function summarize({ samples, facts, memory, options, phases, variants = [], numbers = {}, preliminary }) {
  const subjects = Object.keys(facts)
  const seconds = secondsOf(samples, phases)
  const cpuSeconds = secondsOf(samples, phases, 'cpu')
  const best = bestOf(seconds, variants)
  const others = [plainVariant, 'published', 'against'].filter((subject) => subjects.includes(subject))
  const precisions = Object.fromEntries(
    options.precisions.map((precision) => {
      const ours = oursIn(precision)
      return [
        precision,
        {
          ratios: ratiosOf(seconds, { ours, best, others }),
          cpuRatios: ratiosOf(cpuSeconds, { ours, best, others }),
        },
      ]
    }),
  )
  const [first] = options.precisions
  const work = facts[oursIn(first)].gigaOperations ?? {}
  const sizes = peakSizes[options.device]
  const float32 = [...Object.keys(numbers).filter((id) => id.startsWith('float32: ')), plainVariant, oursIn('float32')]
  const compared = differencesOf(numbers, { from: plainVariant, float32 })
  return {
    date: new Date().toISOString().slice(0, 10),
    settings: {
      suite: options.suite,
      precisions: options.precisions,
      batch: options.batch,
      threads: options.threads,
      repeats: options.repeats,
      warmUps: options.warmUps,
      device: facts[oursIn(first)].device,
      kind: options.device,
      execution: options.eager ? 'eager' : 'graph',
    },
    machine: machine(),
    versions: Object.assign({}, ...Object.values(facts).map(({ versions }) => versions)),
    ...precisions[first],
    precisions,
    baselines: best,
    seconds,
    cpuSeconds,
    ...(preliminary ? { preliminary } : {}),
    ...(compared ? { numbers: compared } : {}),
    work,
    ...(seconds.product ? { peaks: peaksOf({ ...options, seconds, baselines: best, work, sizes }) } : {}),
    memory,
    ...(memory.published && memory.ours ? { peakMemoryOursToPublished: memory.ours.peak / memory.published.peak } : {}),
  }
}
