/** A run that is done again from a file: what the file tells, what is different here, and how far both agree. */
import type { Evaluation } from './run'

/** A file of a run, as it describes itself. */
export interface RunFileSummary {
  readonly name: string
  readonly note: string
  readonly runId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly written: number
  readonly product: string
  readonly data: string
  readonly attack: string
  readonly method: string
  readonly seed: number
  readonly stages: readonly {
    readonly id: string
    readonly name: string
    readonly steps: number
    readonly seconds: number
    readonly device: string | null
    readonly evaluation: Evaluation | null
  }[]
  /** What it needs on this machine beside the data set. */
  readonly files: readonly {
    readonly parameter: string
    readonly name: string
    readonly bytes: number
    readonly included: boolean
  }[]
  /** Versions, devices and threads that are others here, in sentences: numbers may differ for them. */
  readonly remarks: readonly string[]
}

/** Where two runs of one experiment first differ. */
export interface FirstDifference {
  readonly stageId: string
  /** Of the model. */
  readonly name: string
  readonly step: number
  /** null: the number of steps itself. */
  readonly metric: string | null
  readonly before: number
  /** null: nothing was recorded at that step. */
  readonly again: number | null
}

export interface RateDifference {
  readonly stageId: string
  readonly name: string
  readonly rate: 'accuracy' | 'asr' | 'robustAccuracy'
  readonly before: number | null
  readonly again: number | null
}

export interface ReproductionVerdict {
  /** Every stage of the file is done again. */
  readonly isDone: boolean
  /** Recorded numbers that were compared. */
  readonly points: number
  readonly first: FirstDifference | null
  /** Final rates that differ. */
  readonly finals: readonly RateDifference[]
}

const percent = (rate: number | null): string => (rate === null ? '–' : `${(rate * 100).toFixed(2)} %`)
const number = (value: number | null): string => (value === null ? 'nothing' : String(value))

/** In a sentence; `titleOf`: what a metric is called. */
export function verdictSentence(
  { isDone, points, first, finals }: ReproductionVerdict,
  titleOf: (metric: string) => string = (metric) => metric,
): string {
  const rates = finals.map(
    ({ name, rate, before, again }) =>
      `final ${titleOf(rate)} of ${name} ${percent(again)} instead of ${percent(before)}`,
  )
  if (first === null && rates.length === 0) {
    if (points === 0) return isDone ? 'Nothing was recorded that could be compared.' : 'Nothing to compare yet.'
    return `Identical${isDone ? '' : ' so far'}: ${points.toLocaleString('en')} recorded numbers.`
  }
  const place =
    first === null
      ? []
      : [
          first.metric === null
            ? `first difference: ${first.name}, ${number(first.again)} steps instead of ${first.before}`
            : `first difference: ${first.name}, step ${first.step}, ${titleOf(first.metric)} ${number(first.again)} instead of ${number(first.before)}`,
        ]
  const [head = '', ...rest] = [...place, ...rates]
  return `${[head.charAt(0).toUpperCase() + head.slice(1), ...rest].join('; ')}.`
}
