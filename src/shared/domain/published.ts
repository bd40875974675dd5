/** The reference's published results beside ours: resources/published.json is the one place that holds the numbers. */
import table from '../../../resources/published.json'
import type { RunSummary, StageRecord } from './run'

export type PublishedColumn = 'teacher' | 'zskt' | 'zskt+abd' | 'cleanKd'

/** Fractions of 1. */
export interface PublishedRates {
  accuracy: number
  asr: number
}

export interface PublishedComparison extends PublishedRates {
  /**
   * Settings in which our model differs from the published one, in words; with any of them the difference says nothing.
   */
  otherSettings: readonly string[]
  /** Ours − published; null where ours is not measured, and where settings differ. */
  accuracyDifference: number | null
  asrDifference: number | null
}

const columnIndex: Record<PublishedColumn, number> = { teacher: 0, zskt: 1, 'zskt+abd': 2, cleanKd: 3 }
const rows: Readonly<Record<string, readonly (readonly number[])[]>> = table.rows

/** The table has one decimal; 71.9 becomes 0.719, not a neighbour of it. */
const fraction = (percent: number): number => Math.round(percent * 10) / 1000

/** Where the numbers come from, with the settings behind them. */
export const publishedSource: string = table.source
/** Data set of all rows. */
export const publishedData: string = table.data
/** Images of the whole set, which all rows were trained and tested on. */
const publishedImages: { readonly train: number; readonly test: number } = table.images
/** The attacks of the table, in its order. */
export const publishedAttacks: readonly string[] = Object.keys(rows)

export function publishedRates(attack: string, column: PublishedColumn): PublishedRates | null {
  const pair = Object.hasOwn(rows, attack) ? rows[attack]?.[columnIndex[column]] : undefined
  const [accuracy, asr] = pair ?? []
  return accuracy === undefined || asr === undefined ? null : { accuracy: fraction(accuracy), asr: fraction(asr) }
}

/** The preset that repeats a cell: one for teacher, ZSKT and ABD, one for the data baseline. */
export const publishedPresetId = (attack: string, column: PublishedColumn): string =>
  `published-${attack}${column === 'cleanKd' ? '-kd' : ''}`

/**
 * What stands between a model and a published number: its settings, and a data set that is not whole.
 * @returns null for a data stage, and for models about which nothing is published
 */
export function otherSettingsOf(
  { stages }: Pick<RunSummary, 'stages'>,
  { otherSettings }: Pick<StageRecord, 'otherSettings'>,
): string[] | null {
  if (!otherSettings) return null
  const counts = stages.find((stage) => stage.kind === 'data')?.imageCounts
  const whole = !counts || (counts.train === publishedImages.train && counts.test === publishedImages.test)
  const grouped = ({ train, test }: { train: number; test: number }): string =>
    `${train.toLocaleString('en-US')} + ${test.toLocaleString('en-US')}`
  return whole
    ? otherSettings
    : [`data: ${grouped(counts)} images instead of ${grouped(publishedImages)}`, ...otherSettings]
}

/** What tells a model from another one of its run. */
export interface ModelTraits {
  kind: 'teacher' | 'student'
  method: string | null
  defense: string | null
}

/**
 * The column that a model belongs to. ABD is both defenses together; a single one has no published number.
 * @param runMethod the run's method: teachers of the data baseline are of another architecture than the table's
 */
export function publishedColumn(result: ModelTraits, runMethod: string): PublishedColumn | null {
  if (result.kind === 'teacher') return runMethod === 'zskt' ? 'teacher' : null
  const defense = [...(result.defense ?? 'none').split('+')].sort().join('+')
  if (result.method === 'zskt') return defense === 'none' ? 'zskt' : defense === 'sr+sv' ? 'zskt+abd' : null
  return result.method === 'kd' && defense === 'none' ? 'cleanKd' : null
}

/** A model with what was measured of it, as results name it. */
interface MeasuredModel extends ModelTraits {
  data: string
  attack: string
  accuracy: number | null
  asr: number | null
  otherSettings: string[] | null
}

/** The published number for a model with the difference to ours, or null where there is none. */
export function publishedComparison(result: MeasuredModel, runMethod: string): PublishedComparison | null {
  const column = result.data === publishedData ? publishedColumn(result, runMethod) : null
  const rates = column && publishedRates(result.attack, column)
  if (!rates) return null
  const otherSettings = result.otherSettings ?? ['the settings were not compared when the run was made']
  const difference = (ours: number | null, published: number): number | null =>
    ours === null || otherSettings.length > 0 ? null : ours - published
  return {
    ...rates,
    otherSettings,
    accuracyDifference: difference(result.accuracy, rates.accuracy),
    asrDifference: difference(result.asr, rates.asr),
  }
}
