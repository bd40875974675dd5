import type { Summary } from '../statistics'
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
      ...Object.fromEntries(shown.values.map((value) => [value, summaryJson(cell.values[value])])),
    }))
    const { title, product, version, exportedAt } = origin
    const about = { title, product, version, exported: momentText(exportedAt), runs: pivot.runs }
    return `${JSON.stringify({ rows, about })}\n`
  },
}
