/** The reference's published results beside ours: resources/published.json is the one place that holds the numbers. */
import table from '../../../resources/published.json'
import type { ModelResult } from './run'

export type PublishedColumn = 'teacher' | 'zskt' | 'zskt+abd' | 'cleanKd'

/** Fractions of 1. */
export interface PublishedRates { accuracy: number; asr: number }

export interface PublishedComparison extends PublishedRates {
  /** Ours − published; null where ours is not measured. */
  accuracyDifference: number | null
  asrDifference: number | null
}

const columnIndex: Record<PublishedColumn, number> = { 'teacher': 0, 'zskt': 1, 'zskt+abd': 2, 'cleanKd': 3 }
const rows: Readonly<Record<string, readonly (readonly number[])[]>> = table.rows

/** The table has one decimal; 71.9 becomes 0.719, not a neighbour of it. */
const fraction = (percent: number): number => Math.round(percent * 10) / 1000

/** Where the numbers come from, with the settings behind them. */
export const publishedSource: string = table.source
/** Data set of all rows. */
export const publishedData: string = table.data
/** The attacks of the table, in its order. */
export const publishedAttacks: readonly string[] = Object.keys(rows)

export function publishedRates(attack: string, column: PublishedColumn): PublishedRates | null {
  const pair = Object.hasOwn(rows, attack) ? rows[attack]?.[columnIndex[column]] : undefined
  const [accuracy, asr] = pair ?? []
  return accuracy === undefined || asr === undefined ? null : { accuracy: fraction(accuracy), asr: fraction(asr) }
}

/**
 * The column that a model belongs to. ABD is both defenses together; a single one has no published number.
 * @param runMethod the run's method: teachers of the data baseline are of another architecture than the table's
 */
export function publishedColumn(result: Pick<ModelResult, 'kind' | 'method' | 'defense'>, runMethod: string): PublishedColumn | null {
  if (result.kind === 'teacher') return runMethod === 'zskt' ? 'teacher' : null
  const defense = [...(result.defense ?? 'none').split('+')].sort().join('+')
  if (result.method === 'zskt') return defense === 'none' ? 'zskt' : defense === 'sr+sv' ? 'zskt+abd' : null
  return result.method === 'kd' && defense === 'none' ? 'cleanKd' : null
}

/** The published number for a model with the difference to ours, or null where there is none. */
export function publishedComparison(
  result: Pick<ModelResult, 'kind' | 'method' | 'defense' | 'data' | 'attack' | 'accuracy' | 'asr'>, runMethod: string,
): PublishedComparison | null {
  const column = result.data === publishedData ? publishedColumn(result, runMethod) : null
  const rates = column && publishedRates(result.attack, column)
  if (!rates) return null
  return {
    ...rates,
    accuracyDifference: result.accuracy === null ? null : result.accuracy - rates.accuracy,
    asrDifference: result.asr === null ? null : result.asr - rates.asr,
  }
}
