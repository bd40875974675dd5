/** Jobs beside the queue: a device report, an evaluation. */
import type { DeviceReport, Evaluation } from '../../../shared/domain'
import { UserError, fromCauses } from '../../../shared/errors'
import type { TrainerJob, TrainerReport } from '../training/protocol'
import type { TrainerLauncher } from './trainerProcess'

export interface ShortResult { device: DeviceReport | null; evaluation: Evaluation | null }

/** Runs a job to its end. Cancelling kills its process. */
export function runShortJob(launch: TrainerLauncher, job: Extract<TrainerJob, { kind: 'device' | 'evaluate' }>, signal?: AbortSignal): Promise<ShortResult> {
  return new Promise((resolve, reject) => {
    const result: ShortResult = { device: null, evaluation: null }
    let failure: unknown
    let finished = false
    const onReport = (report: TrainerReport): void => {
      if (report.type === 'ready') result.device = report.device
      else if (report.type === 'evaluation') result.evaluation = report.evaluation
      else if (report.type === 'failed') failure = fromCauses(report.causes)
      else if (report.type === 'finished') {
        finished = true
        result.evaluation = report.evaluation ?? result.evaluation
      }
    }
    const onExit = (code: number | null, ending: NodeJS.Signals | null, lastWords: string): void => {
      signal?.removeEventListener('abort', cancel)
      if (signal?.aborted) reject(signal.reason as Error)
      else if (failure !== undefined) reject(failure as Error)
      else if (finished) resolve(result)
      else reject(new UserError('The process that runs TensorFlow ended unexpectedly.', { got: `${ending ?? `exit code ${code ?? 'unknown'}`}${lastWords ? `: ${lastWords.trim().split('\n').at(-1) ?? ''}` : ''}`, action: 'Run "npm run doctor" to check the set-up.' }))
    }
    const handle = launch(job, { onReport, onExit })
    const cancel = (): void => handle.kill()
    signal?.addEventListener('abort', cancel, { once: true })
  })
}
