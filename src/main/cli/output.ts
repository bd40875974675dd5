/** What the command line writes: results on stdout, everything else on stderr. */
import {
  defenseWorth,
  healthTitles,
  intervalText,
  rateOf,
  type Evaluation,
  type RateName,
  type RunSummary,
  type StageArtifact,
  type StageRecord,
} from '../../shared/domain'

export interface Output {
  /** A result line. */
  result(text: string): void
  /** A line for the person in front of it. */
  tell(text: string): void
  /** One line that is rewritten on a terminal, and repeated now and then elsewhere; at once where `important`. */
  progress(text: string, important?: boolean): void
  /** Ends the rewritten line. */
  endProgress(): void
}

const repeatInterval = 15_000

export function createOutput(
  stdout: NodeJS.WriteStream = process.stdout,
  stderr: NodeJS.WriteStream = process.stderr,
): Output {
  let open = false
  let lastTold = -Infinity
  const clear = (): void => {
    if (open) stderr.write('\r\u001b[2K')
    open = false
  }
  return {
    result(text) {
      clear()
      stdout.write(`${text}\n`)
    },
    tell(text) {
      clear()
      stderr.write(`${text}\n`)
    },
    progress(text, important = false) {
      if (stderr.isTTY) {
        const width = Math.max(20, (stderr.columns ?? 80) - 1)
        stderr.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`)
        open = true
      } else if (important || performance.now() - lastTold >= repeatInterval) {
        lastTold = performance.now()
        stderr.write(`${text}\n`)
      }
    },
    endProgress: clear,
  }
}

/** One line of JSON; typed arrays as plain ones. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value, (_key, entry: unknown) =>
    ArrayBuffer.isView(entry) ? [...(entry as unknown as Iterable<number>)] : entry,
  )

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

export const percent = (fraction: number | null | undefined): string =>
  fraction === null || fraction === undefined ? '–' : `${(fraction * 100).toFixed(1)} %`

export function duration(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const rates = (evaluation: Evaluation | null): string =>
  evaluation ? `, accuracy ${percent(evaluation.accuracy)}, ASR ${percent(evaluation.asr)}` : ''

/**
 * E.g. "[2/4] Teacher: step 90 of 200, 45 %, loss 0.21, accuracy 93.1 %, ASR 88.0 %, 1 min 20 s left".
 * @param stage of several that train at once; default: the first that is not done
 */
export function progressLine(
  run: RunSummary,
  loss?: string,
  stage = run.stages.find(({ state }) => state !== 'done'),
): string {
  if (!stage) return `${run.name}: done`
  const index = run.stages.indexOf(stage)
  const { activity } = stage
  const within = activity ? `${activity.message}, ${Math.floor(100 * activity.fraction)} %` : null
  const steps = stage.totalSteps
    ? `step ${stage.step} of ${stage.totalSteps}, ${Math.floor((100 * stage.step) / stage.totalSteps)} %${within ? ` (${within})` : ''}`
    : (within ?? stage.state)
  return `[${index + 1}/${run.stages.length}] ${stage.title}: ${steps}${loss ? `, ${loss}` : ''}${rates(stage.evaluation)}${stage.secondsLeft === null ? '' : `, ${duration(stage.secondsLeft)} left`}`
}

/** E.g. "71.9 % [71.0, 72.8]": with the 95 % interval of the test images. */
export function rateText(evaluation: Evaluation | null | undefined, name: RateName): string {
  const rate = rateOf(evaluation, name)
  return rate ? `${percent(rate.value)} ${intervalText(rate.interval)}` : percent(evaluation?.[name])
}

/** @param name what it is called; default: the title of the stage */
export const stageLine = ({ title, state, evaluation, seconds }: StageRecord, name = title): string => {
  const measured = evaluation
    ? `, accuracy ${rateText(evaluation, 'accuracy')}, ASR ${rateText(evaluation, 'asr')}`
    : ''
  return `${name}: ${state}${measured}, ${duration(seconds)}`
}

/** E.g. "dead student: accuracy 10.0 % …". */
export const healthLines = ({ health = [] }: Pick<StageRecord, 'health'>): string[] =>
  health.map(({ kind, reason }) => `${healthTitles[kind].toLowerCase()}: ${reason}`)

/**
 * E.g. "DER 88.4 %, RIR 71.0 %, against the undefended student"; nothing for models that have no twin to be compared
 * with.
 */
export function worthLine(run: Pick<RunSummary, 'stages'>, stage: StageRecord): string[] {
  const { der, rir } = defenseWorth(run, stage)
  return der === null && rir === null
    ? []
    : [`DER ${percent(der)}, RIR ${percent(rir)}, against the undefended student`]
}

/** What the analyses of a stage say in one line each, e.g. "suspect test: AUC 97.3 %, 1 ensemble, accepted". */
export const analysisLines = (
  artifacts: readonly StageArtifact[],
  stageId: string,
  titleOf: (analysis: string) => string,
): string[] =>
  artifacts
    .filter((entry) => entry.stageId === stageId && (entry.line ?? entry.fault) !== null)
    .map(({ analysis, line, fault }) => `${titleOf(analysis).toLowerCase()}: ${line ?? fault}`)

export interface RunResult {
  id: string
  seconds: number
  teacher: { accuracy: number | null; asr: number | null } | null
  students: {
    method: string | null
    defense: string | null
    accuracy: number | null
    asr: number | null
    seconds: number
  }[]
}

/** The one JSON line of `abd run --json`; fractions of 1. */
export function runResult(run: RunSummary): RunResult {
  const teacher = run.stages.find((stage) => stage.kind === 'teacher')?.evaluation ?? null
  return {
    id: run.id,
    seconds: run.seconds,
    teacher: teacher ? { accuracy: teacher.accuracy, asr: teacher.asr } : null,
    students: run.stages
      .filter((stage) => stage.kind === 'student')
      .map((stage) => ({
        method: stage.method ?? null,
        defense: stage.defense ?? null,
        accuracy: stage.evaluation?.accuracy ?? null,
        asr: stage.evaluation?.asr ?? null,
        seconds: stage.seconds,
      })),
  }
}

/** Rows as text columns; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

// eslint-disable-next-line no-control-regex -- finding control characters is the purpose
const disguises = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Names come from people: what would move the cursor or hide text is shown as a question mark. */
export const printable = (text: string): string => text.replace(disguises, '?')
