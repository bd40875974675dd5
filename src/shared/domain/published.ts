/** The reference's published results beside ours: resources/published.json is the one place that holds the numbers. */
import table from '../../../resources/published.json'
import { defensesOfLabel } from './config'
import type { RunSummary, StageRecord } from './run'

/** Which models a column of the table is about, and the preset that repeats its cells. */
interface PublishedColumn {
  readonly id: string
  /** A teacher's column is that of runs with this method: baselines have teachers of other architectures. */
  readonly model: ModelTraits['kind']
  readonly method: string
  /** Of a student's: ids in alphabetical order. */
  readonly defenses?: readonly string[]
  /** Id with {attack} in the place of the attack's. */
  readonly preset: string
}

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

const columns = table.columns as readonly PublishedColumn[]
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

/** @param column a column's id */
export function publishedRates(attack: string, column: string): PublishedRates | null {
  const place = columns.findIndex(({ id }) => id === column)
  const pair = Object.hasOwn(rows, attack) ? rows[attack]?.[place] : undefined
  const [accuracy, asr] = pair ?? []
  return accuracy === undefined || asr === undefined ? null : { accuracy: fraction(accuracy), asr: fraction(asr) }
}

/** The preset that repeats a cell of the table. */
export const publishedPresetId = (attack: string, column: string): string =>
  columns.find(({ id }) => id === column)?.preset.replace('{attack}', attack) ?? ''

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
 * The id of the column that a model belongs to; null where nothing is published about such a one, as about a single
 * defense.
 */
export function publishedColumn({ kind, method, defense }: ModelTraits, runMethod: string): string | null {
  const defenses = defensesOfLabel(defense).sort().join('+')
  const column = columns.find(
    (entry) =>
      entry.model === kind &&
      (kind === 'teacher'
        ? entry.method === runMethod
        : entry.method === method && entry.defenses?.join('+') === defenses),
  )
  return column?.id ?? null
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
