/** Jobs beside the queue: a device report, an evaluation, a search for pixel values, an export, an analysis. */
import type { ModelProgress } from '../../../../shared/contract'
import type { DeviceReport, Evaluation, PixelTrial } from '../../../../shared/domain'
import { UserError, fromCauses } from '../../../../shared/errors'
import type { ShortJob, TrainerReport } from '../../protocol/messages'
import { trainerWatch, watchTrainer } from './journal/watch'
import type { TrainerLauncher } from './shortJobProcess'

export interface ShortResult {
  device: DeviceReport | null
  evaluation: Evaluation | null
  warnings: string[]
  pixelTrials: PixelTrial[]
  /** Of an analysis. */
  artifact: unknown
}

export type ShortProgress = Omit<ModelProgress, 'file'>

const progressInterval = 100

/** Passes on at most ten a second. */
export function tenASecond<T>(listener: (value: T) => void): (value: T) => void {
  let last = -Infinity
  return (value) => {
    if (performance.now() - last < progressInterval) return
    last = performance.now()
    listener(value)
  }
}

/** Runs a job to its end. Cancelling kills it. */
export function runShortJob(
  launch: TrainerLauncher,
  job: ShortJob,
  signal?: AbortSignal,
  onProgress: (progress: ShortProgress) => void = () => undefined,
): Promise<ShortResult> {
  return new Promise((resolve, reject) => {
    // Somebody who has gone before it began.
    signal?.throwIfAborted()
    const result: ShortResult = { device: null, evaluation: null, warnings: [], pixelTrials: [], artifact: undefined }
    let failure: unknown
    let finished = false
    const onReport = (report: TrainerReport): void => {
      // Whatever is told is a sign of life: preparation answers no ping while it computes.
      watch.heard()
      if (report.type === 'ready') result.device = report.device
      else if (report.type === 'evaluation') result.evaluation = report.evaluation
      else if (report.type === 'artifact') result.artifact = report.artifact
      else if (report.type === 'warning') result.warnings.push(report.message)
      else if (report.type === 'preparing') onProgress({ ...report.activity, secondsLeft: null, evaluation: null })
      else if (report.type === 'progress')
        onProgress({
          message: report.activity?.message ?? null,
          fraction: report.step / Math.max(1, report.totalSteps),
          secondsLeft: report.secondsLeft,
          evaluation: result.evaluation,
        })
      else if (report.type === 'failed') failure = fromCauses(report.causes)
      else if (report.type === 'finished') {
        finished = true
        result.evaluation = report.evaluation ?? result.evaluation
        result.pixelTrials = report.pixelTrials ?? []
      }
    }
    const onExit = (exitCode: number | null, killedBy: NodeJS.Signals | null, lastWords: string): void => {
      watch.stop()
      signal?.removeEventListener('abort', cancel)
      if (signal?.aborted) reject(signal.reason as Error)
      else if (failure !== undefined) reject(failure as Error)
      else if (finished) resolve(result)
      else
        reject(
          new UserError('The process that runs TensorFlow ended unexpectedly.', {
            got: `${killedBy ?? `exit code ${exitCode ?? 'unknown'}`}${lastWords ? `: ${lastWords.trim().split('\n').at(-1) ?? ''}` : ''}`,
            action: 'Run "npm run doctor" to check the set-up.',
          }),
        )
    }
    const trainer = launch(job, { onReport, onExit })
    const cancel = (): void => trainer.kill()
    const watch = watchTrainer(() => trainer.send({ type: 'ping', time: Date.now() }), {
      ...trainerWatch,
      onSilent: () => undefined,
      onLost: cancel,
    })
    signal?.addEventListener('abort', cancel, { once: true })
  })
}
