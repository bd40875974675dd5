import { arithmeticNote } from '../arithmetic'
import { noDefense } from '../config'
import { toCsv } from '../csv'
import { leftOutWords } from '../health'
import { isTestedValue, type PivotCell, type PivotValue, type TestedValue } from '../pivot'
import { verdictWords } from '../verdict'
import { cellsOf } from './cells'
import { momentText, plainText, type PivotExport, type PivotFormat } from './format'

type CsvValue = string | number | null
interface CsvColumn {
  readonly name: string
  readonly valueOf: (cell: PivotCell) => CsvValue
}

/** Fractions stay fractions: a spreadsheet computes with them. */
function columnsOf(value: PivotValue): CsvColumn[] {
  const summary = (
    name: string,
    read: (cell: NonNullable<PivotCell['values'][PivotValue]>) => CsvValue,
  ): CsvColumn => ({
    name: `${value} ${name}`,
    valueOf: ({ values }) => {
      const known = values[value]
      return known ? read(known) : null
    },
  })
  return [
    summary('mean', ({ mean }) => mean),
    summary('std', ({ deviation }) => deviation),
    { name: `${value} n`, valueOf: ({ values }) => values[value]?.n ?? 0 },
    summary('low', ({ interval }) => interval?.low ?? null),
    summary('high', ({ interval }) => interval?.high ?? null),
    summary('median', ({ median }) => median),
    summary('min', ({ min }) => min),
    summary('max', ({ max }) => max),
    ...publishedColumns(value),
    ...(isTestedValue(value) ? testedColumns(value) : []),
  ]
}

/** Of a single model, how far its test images tell the rate; of several, the paired test against the compared one. */
const testedColumns = (value: TestedValue): CsvColumn[] => [
  { name: `${value} low of images`, valueOf: ({ ofImages }) => ofImages?.[value]?.low ?? null },
  { name: `${value} high of images`, valueOf: ({ ofImages }) => ofImages?.[value]?.high ?? null },
  { name: `${value} p`, valueOf: ({ tests }) => tests?.[value]?.p ?? null },
  { name: `${value} difference`, valueOf: ({ tests }) => tests?.[value]?.difference ?? null },
  { name: `${value} difference low`, valueOf: ({ tests }) => tests?.[value]?.interval.low ?? null },
  { name: `${value} difference high`, valueOf: ({ tests }) => tests?.[value]?.interval.high ?? null },
  { name: `${value} pairs`, valueOf: ({ tests }) => tests?.[value]?.n ?? null },
]

function publishedColumns(value: PivotValue): CsvColumn[] {
  if (value !== 'accuracy' && value !== 'asr') return []
  return [
    { name: `${value} published`, valueOf: ({ published }) => published?.[value] ?? null },
    {
      name: `${value} verdict`,
      valueOf: ({ published }) => {
        const verdict = published?.verdicts[value]
        return verdict ? verdictWords(verdict) : null
      },
    },
  ]
}

const ofCell: readonly CsvColumn[] = [
  { name: 'seeds', valueOf: ({ seeds }) => seeds.join(' ') },
  { name: 'failed', valueOf: ({ failed }) => failed },
  { name: 'unfinished', valueOf: ({ unfinished }) => unfinished },
  { name: 'left out', valueOf: ({ leftOut }) => leftOut.length },
  { name: 'left out because', valueOf: ({ models, leftOut }) => leftOutWords([...models, ...leftOut]) || null },
  { name: 'mixed', valueOf: ({ mixed }) => mixed.join(' ') },
  { name: 'precision', valueOf: ({ precisions }) => precisions.join(' ') },
  { name: 'computed with', valueOf: ({ arithmetics }) => arithmetics.join('; ') || null },
]

/** One line per cell, whatever stands in rows and columns; every line names its runs, the version and the time. */
export const csv: PivotFormat = {
  id: 'csv',
  title: 'CSV',
  extension: 'csv',
  type: 'text/csv',
  write({ pivot, shown, origin }: PivotExport) {
    const columns = [...ofCell, ...shown.values.flatMap(columnsOf)]
    return toCsv(
      [
        ...pivot.rowFields,
        ...pivot.columnFields,
        ...columns.map(({ name }) => name),
        'compared with',
        'settings unlike published',
        'note',
        'runs',
        'version',
        'exported',
      ],
      cellsOf(pivot).map(({ labels, cell }) => [
        ...labels.map(plainText),
        ...columns.map(({ valueOf }) => valueOf(cell)),
        cell.tests ? plainText(pivot.against ?? noDefense) : null,
        cell.published?.otherSettings.join('; ') ?? null,
        arithmeticNote(pivot),
        cell.models.map(({ runId }) => runId).join(' '),
        `${origin.product} ${origin.version}`,
        momentText(origin.exportedAt),
      ]),
    )
  },
}
