/** What the trial of the triage says: separation of poisoned from clean teachers by each evidence, and the calibration. */
import { areaUnderRoc, aucInterval, rocCurve, type TableArtifact } from '../../src/shared/domain'
import { calibrated, type Labelled } from './calibrate'
import type { TriageCase } from './cases'

export interface Triaged extends TriageCase {
  readonly targetName: string
  readonly rates: { readonly accuracy: number; readonly asr: number | null }
  /** By the images it was made with: the ranking's table. */
  readonly tables: Readonly<Record<string, TableArtifact>>
}

interface Evidence {
  readonly title: string
  /** Of one class, larger for a suspect. */
  readonly of: (row: readonly (string | number | null)[], at: (title: string) => number) => number | null
  /** Of a teacher: the largest value of a class, or what it is above the second. */
  readonly take: 'largest' | 'lead'
}

const valueAt =
  (title: string, sign = 1): Evidence['of'] =>
  (row, at) => {
    const value = row[at(title)]
    return typeof value === 'number' ? sign * value : null
  }

const evidences: readonly Evidence[] = [
  { title: 'Lead in ease: the score', of: valueAt('Ease'), take: 'lead' },
  { title: 'Ease of the easiest class', of: valueAt('Ease'), take: 'largest' },
  { title: 'Shuffled copies, lead', of: valueAt('log₁₀ KL, shuffled', -1), take: 'lead' },
  { title: 'Batch norm, lead', of: valueAt('Batch norm', -1), take: 'lead' },
  { title: 'Largest share of noise', of: valueAt('Of noise'), take: 'largest' },
]

interface Judged {
  readonly isPoisoned: boolean
  readonly value: number
  readonly isTargetFirst: boolean
}

function judged({ tables, targetName, ratio }: Triaged, source: string, { of, take }: Evidence): Judged[] {
  const table = tables[source]
  if (!table) return []
  const at = (title: string): number => table.columns.findIndex((column) => column.title === title)
  const classes = table.rows
    .flatMap((row) => {
      const value = of(row, at)
      return value === null ? [] : [{ name: row[0], value }]
    })
    .sort((left, right) => right.value - left.value)
  const [first, second] = classes
  if (!first || !second) return []
  const value = take === 'largest' ? first.value : first.value - second.value
  return [{ isPoisoned: ratio > 0, value, isTargetFirst: first.name === targetName }]
}

const two = (value: number): string => value.toFixed(2)

function lineOf(found: readonly Triaged[], source: string, evidence: Evidence): string {
  const all = found.flatMap((one) => judged(one, source, evidence))
  const sides = {
    positives: all.filter(({ isPoisoned }) => isPoisoned).map(({ value }) => value),
    negatives: all.filter(({ isPoisoned }) => !isPoisoned).map(({ value }) => value),
  }
  const auc = areaUnderRoc(sides)
  const hits = all.filter(({ isPoisoned, isTargetFirst }) => isPoisoned && isTargetFirst).length
  const { low, high } = aucInterval(auc ?? NaN, sides.positives.length, sides.negatives.length)
  const caught =
    rocCurve(sides)
      .filter(({ falsePositives }) => falsePositives === 0)
      .at(-1)?.truePositives ?? 0
  return `| ${evidence.title} | ${auc === null ? '–' : `${two(auc)} [${two(low)}, ${two(high)}]`} | ${Math.round(caught * sides.positives.length)} of ${sides.positives.length} | ${hits} of ${sides.positives.length} |`
}

function teacherLine({ tables, targetName, ...one }: Triaged, source: string): string {
  const table = tables[source]
  const cell = (row: TableArtifact['rows'][number] | undefined, title: string): string => {
    const value = row?.[table?.columns.findIndex((column) => column.title === title) ?? -1]
    return typeof value === 'number' ? two(value) : '–'
  }
  const [first] = table?.rows ?? []
  const rank = (table?.rows.findIndex(([name]) => name === targetName) ?? -1) + 1
  const { accuracy, asr } = one.rates
  const truth = one.ratio > 0 ? `${targetName} (${rank})` : '–'
  return `| ${one.id} | ${(100 * accuracy).toFixed(1)} | ${one.ratio > 0 && asr !== null ? (100 * asr).toFixed(1) : '–'} | ${truth} | ${first?.[0] ?? ''} | ${cell(first, 'Norm at 90 %')} | ${cell(first, 'Ease')} | ${cell(first, 'Lead')} |`
}

function calibrationLines(found: readonly Triaged[], source: string): string[] {
  const [lead] = evidences
  if (!lead) return []
  const labelled: Labelled[] = found.flatMap((one) => judged(one, source, lead))
  const fitted = calibrated(labelled)
  const others = labelled.map((one, left) => ({ ...one, fit: calibrated(labelled.filter((_, row) => row !== left)) }))
  const scores = others.map(({ isPoisoned, value, fit }) => ({
    isPoisoned,
    score: 1 / (1 + Math.exp(-(fit.intercept + fit.slope * value))),
  }))
  const brier =
    scores.reduce((sum, { isPoisoned, score }) => sum + (Number(isPoisoned) - score) ** 2, 0) / scores.length
  const right = scores.filter(({ isPoisoned, score }) => score > 0.5 === isPoisoned).length
  return [
    `Calibration: intercept ${fitted.intercept.toFixed(2)}, slope ${fitted.slope.toFixed(1)}. Each teacher judged by the fit on the others: ${right} of ${scores.length} right at 50 %, Brier score ${brier.toFixed(3)}.`,
  ]
}

export function reportOf(found: readonly Triaged[], sources: readonly string[]): string {
  const poisoned = found.filter(({ ratio }) => ratio > 0).length
  const lines = sources.flatMap((source) => [
    `Images: ${source}. ${poisoned} poisoned and ${found.length - poisoned} clean teachers.`,
    '',
    '| evidence | AUC, 95 % interval | poisoned above all clean | true target first |',
    '|---|---|---|---|',
    ...evidences.map((evidence) => lineOf(found, source, evidence)),
    '',
    ...calibrationLines(found, source),
    '',
    '| teacher | accuracy, % | ASR, % | target (its rank) | ranked first | norm at 90 % | ease | lead |',
    '|---|---|---|---|---|---|---|---|',
    ...found.map((one) => teacherLine(one, source)),
    '',
  ])
  return `${lines.join('\n')}\n`
}
