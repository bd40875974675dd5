/** A pivot as a table of texts, for formats that people read. */
import { arithmeticNote } from '../arithmetic'
import { leftOutWords } from '../health'
import {
  isTestedValue,
  pivotStatisticOf,
  pivotValueOf,
  seedsWanted,
  valueText,
  type Pivot,
  type PivotCell,
  type PivotValue,
  type PivotValueDefinition,
} from '../pivot'
import type { PairedTest } from '../statistics'
import { verdictWords } from '../verdict'
import { bestPlaces, placeOf } from './best'
import type { PivotExport, PivotShown } from './format'

export interface TextCell {
  readonly text: string
  readonly bold: boolean
}

/** One column of the pivot; under it a column for each value, and for what is published. */
export interface TextGroup {
  readonly labels: readonly string[]
  readonly columns: readonly string[]
}

export interface TextTable {
  /** Titles of the rows' labels. */
  readonly fields: readonly string[]
  /** "Defense", "Model, defense": what the groups differ in. */
  readonly columnFields: string
  readonly groups: readonly TextGroup[]
  readonly rows: readonly { readonly labels: readonly string[]; readonly cells: readonly TextCell[] }[]
  /** One paragraph; says n. */
  readonly caption: string
}

const missing = '–'

export function textTable({ pivot, fields, shown, origin }: PivotExport): TextTable {
  const titleOf = (id: string): string => fields.find((field) => field.id === id)?.title ?? id
  const usual = usualCount(pivot, shown.values)
  const columns = shown.values.flatMap((value) => columnsOf(value, { pivot, shown, usual }))
  return {
    fields: pivot.rowFields.map(titleOf),
    columnFields: pivot.columnFields.map(titleOf).join(', '),
    groups: pivot.columns.map(({ labels }) => ({ labels, columns: columns.map(({ title }) => title) })),
    rows: pivot.rows.map(({ labels }, row) => ({
      labels,
      cells: pivot.columns.flatMap((_, column) => columns.map((entry) => entry.cellAt(row, column))),
    })),
    caption: captionOf({ title: origin.title, shown, usual, pivot }),
  }
}

interface ValueColumn {
  readonly title: string
  readonly cellAt: (row: number, column: number) => TextCell
}

interface Surroundings {
  readonly pivot: Pivot
  readonly shown: PivotShown
  /** How many seeds most cells have. */
  readonly usual: number
}

function columnsOf(value: PivotValue, { pivot, shown, usual }: Surroundings): ValueColumn[] {
  const definition = pivotValueOf(value)
  const best = bestPlaces(pivot, value, shown)
  const fewest = seedsWanted([...pivot.rowFields, ...pivot.columnFields])
  const own: ValueColumn = {
    title: titleWithUnit(definition),
    cellAt: (row, column) => {
      const cell = pivot.cells[row]?.[column] ?? null
      // What concerns the whole cell stands with its first value.
      const whole = value === shown.values[0]
      return { text: cellText(cell, { value, shown, usual, whole, fewest }), bold: best.has(placeOf(row, column)) }
    },
  }
  const beside = value === 'accuracy' || value === 'asr' ? value : null
  if (!shown.published || beside === null || !pivot.cells.some((row) => row.some((cell) => cell?.published)))
    return [own]
  const published: ValueColumn = {
    title: 'published',
    cellAt: (row, column) => ({ text: publishedText(pivot.cells[row]?.[column] ?? null, beside), bold: false }),
  }
  return [own, published]
}

const titleWithUnit = ({ title, unit }: PivotValueDefinition): string => `${title} (${unit === 'rate' ? '%' : 's'})`

interface CellPlace extends Pick<Surroundings, 'shown' | 'usual'> {
  readonly value: PivotValue
  /** Whether what concerns the whole cell is told here. */
  readonly whole: boolean
  /** Cells of fewer seeds say so. */
  readonly fewest: number
}

/** "71.9 ± 0.8", "71.9 (n=1, 2 failed)", "–". */
function cellText(cell: PivotCell | null, { value, shown, usual, whole, fewest }: CellPlace): string {
  if (!cell) return missing
  const summary = cell.values[value]
  const statistic = pivotStatisticOf(shown.statistic)
  const text = summary ? statistic.text(summary, (one) => valueText(one, pivotValueOf(value))) : missing
  const notes = [
    ...(summary && statistic.id !== 'count' && (summary.n !== usual || summary.n < fewest) ? [`n=${summary.n}`] : []),
    ...(whole && cell.failed > 0 ? [`${cell.failed} failed`] : []),
    ...(whole && cell.leftOut.length > 0 ? [leftOutWords([...cell.models, ...cell.leftOut])] : []),
    ...(whole && cell.unfinished > 0 ? [`${cell.unfinished} unfinished`] : []),
    ...(whole && cell.mixed.length > 0 ? [`mixed: ${cell.mixed.join(', ')}`] : []),
    ...(shown.significance ? significanceNotes(cell, value, shown) : []),
  ]
  return notes.length > 0 ? `${text} (${notes.join('; ')})` : text
}

function significanceNotes({ tests, values }: PivotCell, value: PivotValue, { differences }: PivotShown): string[] {
  const test = isTestedValue(value) ? tests?.[value] : null
  return test ? [...(differences ? differenceNotes(test, values[value]?.n) : []), probabilityText(test.p)] : []
}

/** The difference, and how many pairs there are where they are not all models of the cell. */
export const differenceNotes = (test: PairedTest, models: number | undefined): string[] => [
  differenceText(test),
  ...(test.n === models ? [] : [`${test.n} pairs`]),
]

/** "−60.7 [−100.4, −21.0]": the mean difference of the pairs with its 95 % interval, in points. */
function differenceText({ difference, interval }: PairedTest): string {
  const points = (value: number): string => valueText(value, { unit: 'rate' })
  const mean = points(difference)
  const signed = mean.startsWith('−') || Number(mean) === 0 ? mean : `+${mean}`
  return `${signed} [${points(interval.low)}, ${points(interval.high)}]`
}

/** "p<0.001", "p=0.014". */
export const probabilityText = (p: number): string => (p < 0.001 ? 'p<0.001' : `p=${p.toFixed(3)}`)

/** "71.9 (+0.4, reproduced)", "71.9 (other settings)". */
function publishedText(cell: PivotCell | null, value: 'accuracy' | 'asr'): string {
  const published = cell?.published
  if (!published) return missing
  const number = valueText(published[value], pivotValueOf(value))
  const verdict = published.verdicts[value]
  if (!verdict) return published.otherSettings.length > 0 ? `${number} (other settings)` : number
  const points = (verdict.difference * 100).toFixed(1)
  return `${number} (${verdict.difference < 0 ? points.replace('-', '−') : `+${points}`}, ${verdictWords(verdict)})`
}

/** How many seeds most numbers of the table have; 0 of a table without numbers. */
function usualCount(pivot: Pivot, values: readonly PivotValue[]): number {
  const times = new Map<number, number>()
  for (const cell of pivot.cells.flat())
    for (const value of values) {
      const n = cell?.values[value]?.n
      if (n !== undefined) times.set(n, (times.get(n) ?? 0) + 1)
    }
  return [...times].sort(([first, often], [second, oftener]) => oftener - often || second - first)[0]?.[0] ?? 0
}

function captionOf({ title, shown, usual, pivot }: Surroundings & { title: string }): string {
  const values = shown.values.map((value) => titleWithUnit(pivotValueOf(value))).join(', ')
  const counts = new Set(
    pivot.cells.flat().flatMap((cell) => shown.values.flatMap((value) => cell?.values[value]?.n ?? [])),
  )
  const seeds =
    counts.size === 0
      ? 'no seed is done'
      : `n = ${usual} ${usual === 1 ? 'seed' : 'seeds'}${counts.size > 1 ? ' unless a cell says otherwise' : ''}`
  const best = (value: PivotValue): string => {
    const { title: name, better } = pivotValueOf(value)
    return `${better === 'higher' ? 'highest' : 'lowest'} ${name}`
  }
  return [
    `${title}: ${values}, ${pivotStatisticOf(shown.statistic).title} over seeds, ${seeds}.`,
    ...(shown.bold === 'none' ? [] : [`Bold: the best of each ${shown.bold} (${shown.values.map(best).join(', ')}).`]),
    ...leftOutNote(pivot),
    ...arithmeticSentence(pivot),
    ...(shown.significance ? [`${comparisonNote(pivot, shown)}.`] : []),
  ].join(' ')
}

/** What p is, and what stands before it. */
export const comparisonNote = ({ against }: Pick<Pivot, 'against'>, { differences }: PivotShown): string =>
  `${differences ? 'Before p: mean difference in points with its 95 % interval. p' : 'p'}: paired t test against ${
    against === null ? 'the undefended model' : `"${against}"`
  } over common seeds`

const arithmeticSentence = (pivot: Pivot): string[] => {
  const note = arithmeticNote(pivot)
  return note === null ? [] : [`${note}.`]
}

/** What "left out" means, where a cell says it. */
function leftOutNote(pivot: Pivot): string[] {
  const cells = pivot.cells.flat().filter((cell) => cell !== null && cell.leftOut.length > 0)
  if (cells.length === 0) return []
  const models = cells.reduce((sum, cell) => sum + (cell?.leftOut.length ?? 0), 0)
  return [
    `${models} ${models === 1 ? 'model' : 'models'} left out: dead (accuracy not above that of always answering one class), collapsed or not a number.`,
  ]
}
