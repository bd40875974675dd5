/** Journal lines as text. JSON lacks NaN and the infinities; a curve that diverges has them. */
import type { JournalLine, TaskReport } from './taskFolder'

type AnyReport = { readonly type: TaskReport['type'] }

/** Every kind of report, so that a line of another program, or of a later version, is told from ours. */
const reportTypes: Record<TaskReport['type'], true> = {
  artifact: true,
  attempt: true,
  checkpoint: true,
  evaluation: true,
  failed: true,
  findings: true,
  finished: true,
  imageCounts: true,
  images: true,
  log: true,
  metrics: true,
  pool: true,
  preparing: true,
  progress: true,
  ready: true,
  stepUnits: true,
  timings: true,
  warning: true,
}

/** With its line end. */
export function encodeLine(line: JournalLine): string {
  const text = JSON.stringify(line, (key, value: unknown) => {
    // Artifacts are kept as JSON has them, with null for what is no number: their texts are anybody's.
    if (key === 'artifact') return JSON.parse(JSON.stringify(value ?? null)) as unknown
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
  })
  return `${text}\n`
}

/** @throws Error where it is no line of a journal */
export function decodeLine(text: string): JournalLine {
  const line = JSON.parse(text) as Partial<JournalLine> | null
  const report = line?.report as Partial<AnyReport> | undefined
  if (!Number.isInteger(line?.number) || typeof report !== 'object' || report === null)
    throw new Error('no line of a journal')
  if (report.type === undefined || !Object.hasOwn(reportTypes, report.type))
    throw new Error(`a report of unknown kind: ${String(report.type)}`)
  return { ...(line as JournalLine), report: withNumbers(report as TaskReport) }
}

const numbers: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity }

/** A number, or what is none at all (null). */
const numberOf = <Value>(value: Value): Value =>
  typeof value === 'string' ? ((numbers[value] ?? value) as Value) : value

/** Of an object that holds numbers and lists of numbers alone. */
const numbersOf = <Fields extends object>(fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]: [string, unknown]) => [
      name,
      Array.isArray(value) ? value.map(numberOf) : numberOf(value),
    ]),
  ) as Fields

/** Texts that stand for numbers become numbers, in the fields that are numbers. */
function withNumbers(report: TaskReport): TaskReport {
  switch (report.type) {
    case 'metrics':
      return {
        ...report,
        points: report.points.map((point) => ({ ...point, value: numberOf(point.value) })),
      }
    case 'progress':
      return {
        ...report,
        seconds: numberOf(report.seconds),
        secondsLeft: numberOf(report.secondsLeft),
      }
    case 'images':
      // Layout, step and lists of classes and confidences: numbers, all of it.
      return { ...report, labels: numbersOf(report.labels) }
    case 'pool':
      return { ...report, call: { ...report.call, loss: numberOf(report.call.loss) } }
    case 'evaluation':
      return { ...report, evaluation: numbersOf(report.evaluation) }
    case 'finished':
      return { ...report, evaluation: report.evaluation && numbersOf(report.evaluation) }
    default:
      return report
  }
}
