import { noDefense } from '../config'
import { leftOutWords } from '../health'
import { isTestedValue, type PivotCell, type PivotValue } from '../pivot'
import { ordinaryPrecision } from '../precision'
import type { Interval, PairedTest, Summary } from '../statistics'
import { cellsOf } from './cells'
import { momentText, type PivotFormat } from './format'

/** Of no values: n is 0 and all else null. */
interface JsonSummary {
  mean: number | null
  std: number | null
  n: number
  /** Ends of the 95 % interval of the mean. */
  low: number | null
  high: number | null
}

const summaryJson = (summary: Summary | null): JsonSummary => ({
  mean: summary?.mean ?? null,
  std: summary?.deviation ?? null,
  n: summary?.n ?? 0,
  low: summary?.interval?.low ?? null,
  high: summary?.interval?.high ?? null,
})

/** The mean difference of the pairs, and the paired t test. */
interface JsonComparison extends Interval {
  difference: number
  /** Pairs. */
  n: number
  p: number
}

const comparisonJson = ({ difference, interval, n, p }: PairedTest): JsonComparison => ({
  difference,
  ...interval,
  n,
  p,
})

/** Of a single model also how far its test images tell the rate; of several what they differ by. */
const valueJson = (
  { values, ofImages, tests }: PivotCell,
  value: PivotValue,
): JsonSummary & { ofImages?: Interval; compared?: JsonComparison } => {
  const interval = isTestedValue(value) ? ofImages?.[value] : null
  const test = isTestedValue(value) ? tests?.[value] : null
  return {
    ...summaryJson(values[value]),
    ...(interval ? { ofImages: interval } : {}),
    ...(test ? { compared: comparisonJson(test) } : {}),
  }
}

/** `{"rows":[{"axes":{…},"accuracy":{"mean","std","n","low","high"},…}],"about":{…}}`, on one line; fractions of 1. */
export const json: PivotFormat = {
  id: 'json',
  title: 'JSON',
  extension: 'json',
  type: 'application/json',
  write({ pivot, shown, origin }) {
    const fields = [...pivot.rowFields, ...pivot.columnFields]
    const rows = cellsOf(pivot).map(({ labels, cell }) => ({
      axes: Object.fromEntries(fields.map((field, at) => [field, labels[at] ?? ''])),
      ...(cell.precisions.every((precision) => precision === ordinaryPrecision) ? {} : { precisions: cell.precisions }),
      ...(cell.leftOut.length > 0 ? { leftOut: leftOutWords([...cell.models, ...cell.leftOut]) } : {}),
      ...Object.fromEntries(shown.values.map((value) => [value, valueJson(cell, value)])),
    }))
    const { title, product, version, exportedAt } = origin
    const about = {
      title,
      product,
      version,
      exported: momentText(exportedAt),
      comparedWith: pivot.against ?? noDefense,
      runs: pivot.runs,
      computedWith: pivot.arithmetics,
      precisions: pivot.precisions,
    }
    return `${JSON.stringify({ rows, about })}\n`
  },
}
