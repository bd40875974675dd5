/** Curves of accuracy and ASR of several seeds, of two programs. */
import fs from 'node:fs'
import path from 'node:path'
import { statistics } from '../bench/summary.mjs'

const measures = new Set(['accuracy', 'asr'])

/** What a stage's journal tells, the last word of each step. */
function told(journal) {
  const rates = new Map()
  const losses = new Map()
  for (const name of fs.readdirSync(journal).sort())
    for (const line of fs.readFileSync(path.join(journal, name), 'utf8').split('\n').filter(Boolean)) {
      const { report } = JSON.parse(line)
      for (const { name: measure, step, value } of report?.type === 'metrics' ? report.points : []) {
        if (measures.has(measure)) rates.set(step, { ...rates.get(step), step, [measure]: value })
        if (measure === 'generatorLoss') losses.set(step, value)
      }
    }
  return { rates: [...rates.values()].sort((one, other) => one.step - other.step), losses }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The evaluations of a stage, each with the mean of the generator's loss since the one before. */
export function curvePoints(journal) {
  const { rates, losses } = told(journal)
  return rates.map((point, index) => {
    const since = rates[index - 1]?.step ?? 0
    const own = [...losses].filter(([step]) => step > since && step <= point.step).map(([, loss]) => loss)
    return { ...point, generatorLoss: own.length > 0 ? mean(own) : null }
  })
}

/** A rate counts images of some thousands; less than this is rounding. */
const rounding = 1e-5

const range = (values) => `${(100 * Math.min(...values)).toFixed(1)} to ${(100 * Math.max(...values)).toFixed(1)}`

/** |ours − theirs| / |theirs| of the generator's loss, pairs of equal seed; their median. */
function lossDifference(ours, theirs, step) {
  const lossOf = (curve) => curve?.points.find((point) => point.step === step)?.generatorLoss
  const pairs = ours.map((curve) => [lossOf(curve), lossOf(theirs.find(({ seed }) => seed === curve.seed))])
  const differences = pairs
    .filter((pair) => pair.every(Number.isFinite))
    .map(([own, other]) => Math.abs(own - other) / Math.abs(other))
  return differences.length > 0 ? (100 * statistics(differences).median).toPrecision(2) : '–'
}

/**
 * One line per defense and step: the range over seeds of either program, whether the two overlap, and by how much the
 * generator's loss differs in the middle pair of runs of the same seed.
 */
export function summary(curves) {
  const compared = ['accuracy ours, %', 'theirs, %', 'ASR ours, %', 'theirs, %', 'overlap']
  const head = ['defense', 'pseudo batch', ...compared, 'generator loss apart by, %']
  const rows = [head, head.map(() => '---')]
  const defenses = [...new Set(curves.map(({ defense }) => defense))]
  for (const defense of defenses) {
    const of = (program) => curves.filter((curve) => curve.program === program && curve.defense === defense)
    const steps = of('theirs')[0]?.points.map(({ step }) => step) ?? []
    for (const step of steps) {
      const values = (program, measure) =>
        of(program).flatMap(({ points }) =>
          points.filter((point) => point.step === step).map((point) => point[measure]),
        )
      const pairs = ['accuracy', 'asr'].map((measure) => [values('ours', measure), values('theirs', measure)])
      if (pairs.some(([one, other]) => one.length === 0 || other.length === 0)) continue
      const overlaps = pairs.map(
        ([one, other]) =>
          Math.max(...one) + rounding >= Math.min(...other) && Math.max(...other) + rounding >= Math.min(...one),
      )
      rows.push([
        defense,
        String(step),
        ...pairs.flat().map(range),
        overlaps.map((yes) => (yes ? 'yes' : 'no')).join(', '),
        lossDifference(of('ours'), of('theirs'), step),
      ])
    }
  }
  return `${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}

const rates = ({ accuracy, asr }) => `${(100 * accuracy).toFixed(1)} / ${(100 * asr).toFixed(1)}`

/** One line per program and seed of a defense: accuracy / ASR in % at a quarter, half, three quarters and the end. */
export function endsTable(curves, defense) {
  const own = curves.filter((curve) => curve.defense === defense)
  const last = Math.max(...own.flatMap(({ points }) => points.map(({ step }) => step)))
  const steps = [0.25, 0.5, 0.75, 1].map((share) => share * last)
  const rows = [
    ['', ...steps.map((step) => step.toLocaleString('en-US'))],
    ['---', ...steps.map(() => '---:')],
  ]
  for (const program of ['ours', 'theirs'])
    for (const { seed, points } of own.filter((curve) => curve.program === program)) {
      const found = steps.map((step) => points.find((point) => point.step === step))
      rows.push([`${program}, seed ${seed}`, ...found.map((point) => (point ? rates(point) : '–'))])
    }
  return `${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
