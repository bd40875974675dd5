/** Starts a stage where stages run and watches over it to its end, whatever that is. */
import type { StageRecord } from '../../../../shared/domain'
import { UserError, fromCauses, type ErrorCause } from '../../../../shared/errors'
import type { TrainerJob } from '../../protocol/messages'
import { isDiskFull } from '../store'
import { createStageReports } from './stageReports'
import type { StageContext, StageOutcome } from './types'

export interface RunningStage {
  readonly outcome: Promise<StageOutcome>
  /** Acts after the current step with a checkpoint, or goes back to the last one where a step takes long. */
  request(kind: 'pause' | 'stop'): void
  /** Ends the trainer at once; the stage has failed for this reason. */
  fail(error: unknown): void
  /** Ends the trainer at once; what came after the last checkpoint is lost. */
  kill(): void
}

export function superviseStage(context: StageContext, stage: StageRecord, job: TrainerJob): RunningStage {
  /** The first that is known stays: what a dying trainer says after it counts no more. */
  let result: StageOutcome | null = null
  const fail = (error: unknown): void => {
    result ??= { type: 'failed', causes: context.causesOf(isDiskFull(error) ? diskFull(error) : error) }
    task.kill()
  }
  const reports = createStageReports({ context, stage, resumes: 'resume' in job && job.resume, onFault: fail })
  let settle: (outcome: StageOutcome) => void = () => undefined
  const outcome = new Promise<StageOutcome>((resolve) => {
    settle = resolve
  })
  const task = context.executor.start(job, {
    onReport(report) {
      try {
        const told = reports.write(report)
        if (told) result ??= told.type === 'failed' ? { type: 'failed', causes: readable(told.causes, context) } : told
      } catch (error) {
        // A store that cannot be written ends the stage, not the engine.
        fail(error)
      }
    },
    onSilent: () => context.notice('warning', 'The trainer has not answered for two minutes.', []),
    async onEnd({ killedBy, exitCode, lastWords }) {
      await reports.written()
      if (result === null && lastWords.trim() !== '')
        context.log('error', `${stage.title}: last words of the trainer: ${lastWords.trim().slice(-1500)}`)
      settle(
        result ?? { type: 'crashed', reason: killedBy ? `ended by ${killedBy}` : `exit code ${exitCode ?? 'unknown'}` },
      )
    },
  })
  return { outcome, fail, request: (kind) => task.request(kind), kill: () => task.kill() }
}

const diskFull = (cause: unknown): UserError =>
  new UserError('The disk is full.', {
    action:
      'Free some space (Settings shows what the workspace uses), then resume the run; its last checkpoint is intact.',
    cause,
  })

/** A trainer that found no space says so in the words of its file system. */
const readable = (causes: ErrorCause[], context: Pick<StageContext, 'causesOf'>): ErrorCause[] =>
  causes.some((cause) => /ENOSPC|no space left/i.test(cause.message))
    ? context.causesOf(diskFull(fromCauses(causes)))
    : causes
