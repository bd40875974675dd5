/** Curves of accuracy and ASR of several seeds, of two programs. */
import fs from 'node:fs'
import path from 'node:path'

/** The evaluations that a stage's journal tells, the last word of each step. */
export function curvePoints(journal) {
  const points = new Map()
  for (const name of fs.readdirSync(journal).sort())
    for (const line of fs.readFileSync(path.join(journal, name), 'utf8').split('\n').filter(Boolean)) {
      const { report } = JSON.parse(line)
      for (const { name: measure, step, value } of report?.type === 'metrics' ? report.points : [])
        if (measure === 'accuracy' || measure === 'asr')
          points.set(step, { ...points.get(step), step, [measure]: value })
    }
  return [...points.values()].sort((one, other) => one.step - other.step)
}

/** A rate counts images of some thousands; less than this is rounding. */
const rounding = 1e-5

const range = (values) => `${(100 * Math.min(...values)).toFixed(1)} to ${(100 * Math.max(...values)).toFixed(1)}`

/** One line per defense and step: the range over seeds of either program, and whether the two overlap. */
export function summary(curves) {
  const head = ['defense', 'pseudo batch', 'accuracy ours, %', 'theirs, %', 'ASR ours, %', 'theirs, %', 'overlap']
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
      ])
    }
  }
  return `${rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
