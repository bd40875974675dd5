/** What a format of pivots is made of: one file each, and one line in `index.ts`. */
import type { Pivot, PivotField, PivotStatistic, PivotValue } from '../pivot'

export type PivotBold = 'none' | 'row' | 'column'

/** What of a pivot is written. */
export interface PivotShown {
  readonly values: readonly PivotValue[]
  /** Of formats for people; those for programs hold all of them. */
  readonly statistic: PivotStatistic
  /** The best of each row or column, by the direction of its value. */
  readonly bold: PivotBold
  /** Published numbers and verdicts beside accuracy and ASR. */
  readonly published: boolean
  /** p of each cell against what it is compared with. */
  readonly significance: boolean
  /** Beside p the mean difference with its 95 % interval, in points. */
  readonly differences: boolean
}

export const defaultShown: PivotShown = {
  values: ['accuracy', 'asr'],
  statistic: 'meanDeviation',
  bold: 'none',
  published: false,
  significance: false,
  differences: false,
}

/** Where a table comes from; every format states it. */
export interface PivotOrigin {
  /** What the table is about, e.g. the study's name. */
  readonly title: string
  /** "ABD Workbench" */
  readonly product: string
  readonly version: string
  /** Milliseconds since 1970. */
  readonly exportedAt: number
}

export interface PivotExport {
  readonly pivot: Pivot
  /** With their titles; those that are missing are called by their id. */
  readonly fields: readonly PivotField[]
  readonly shown: PivotShown
  readonly origin: PivotOrigin
}

export interface PivotFormat {
  readonly id: string
  readonly title: string
  /** Without a dot. */
  readonly extension: string
  /** MIME type. */
  readonly type: string
  /** Ends with a line break. */
  readonly write: (source: PivotExport) => string
}

/** "2026-01-31T12:00:00Z" */
export const momentText = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`

/** "ABD Workbench 0.1.0, 2026-01-31T12:00:00Z" */
export const originText = ({ product, version, exportedAt }: PivotOrigin): string =>
  `${product} ${version}, ${momentText(exportedAt)}`

/** Names come from people: control characters and those that reorder text become a space. */
export const plainText = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- finding control characters is the purpose
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')

/** Ids in lines of about 100 characters. */
export function idLines(ids: readonly string[]): string[] {
  const lines: string[] = []
  for (const id of ids.map(plainText)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + id.length > 100) lines.push(id)
    else lines[lines.length - 1] = `${last} ${id}`
  }
  return lines
}
