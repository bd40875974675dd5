/** What a trainer reports of a stage, written down: the store, the events and the log. */
import type { Evaluation, StageRecord } from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import type { TrainerReport } from '../../protocol/messages'
import type { StageContext, StageOutcome } from './types'

type Report<Type extends TrainerReport['type']> = Extract<TrainerReport, { type: Type }>

/** Progress reaches the database this often; the memory always has the newest. */
const progressWriteInterval = 2000

export interface StageReports {
  /** Returns how the stage ended, where the report says that. */
  write(report: TrainerReport): StageOutcome | null
  /** Resolves when the images that were reported are on disk. */
  written(): Promise<void>
}

export interface StageReportsOptions {
  readonly context: StageContext
  readonly stage: StageRecord
  /** The stage goes on from a checkpoint: what was recorded after it will be recorded again. */
  readonly resumes: boolean
  /** An image could not be written. */
  onFault(error: unknown): void
}

export function createStageReports(options: StageReportsOptions): StageReports {
  const writer = new ReportWriter(options)
  return { write: (report) => writer.write(report), written: () => writer.images }
}

class ReportWriter {
  images: Promise<void> = Promise.resolve()
  private evaluation: Evaluation | null = null
  private begun = false
  private lastWrite = 0

  constructor(private readonly options: StageReportsOptions) {}

  write(report: TrainerReport): StageOutcome | null {
    const { context, stage } = this.options
    switch (report.type) {
      case 'finished':
        return this.finished(report)
      case 'failed':
        return { type: 'failed', causes: report.causes }
      case 'ready':
        context.deviceFound(report.device)
        return null
      case 'preparing':
        context.preparing(stage.id, report.activity)
        return null
      case 'progress':
        this.progress(report)
        return null
      case 'checkpoint':
        context.log('debug', `${stage.title}: checkpoint at step ${report.step}`)
        return null
      case 'warning':
        context.addWarning(stage.id, report.message)
        context.log('warn', `${stage.title}: ${report.message}`)
        return null
      case 'log':
        context.log(report.level, `${stage.title}: ${report.message}`)
        return null
      case 'pong':
        return null
      default:
        this.recorded(report)
        return null
    }
  }

  /** What the stage found out: numbers, images, tests. */
  private recorded(
    report: Report<'metrics' | 'images' | 'pool' | 'evaluation' | 'findings' | 'imageCounts' | 'artifact'>,
  ): void {
    const { context, stage } = this.options
    const { runId } = context
    switch (report.type) {
      case 'metrics':
        context.metrics.append(runId, stage.id, report.points)
        context.hub.metrics(runId, stage.id, report.points)
        return
      case 'images': {
        const { images } = report
        context.hub.emit('run.images', { runId, stageId: stage.id, step: images.step, images })
        return this.chain(() => context.images.add(runId, stage.id, images, context.keptSteps))
      }
      case 'pool':
        return this.chain(() => context.pool.add(runId, stage.id, report.images, context.poolBytes))
      case 'evaluation':
        this.evaluation = report.evaluation
        return context.updateStage(stage.id, { evaluation: report.evaluation })
      case 'findings':
        return this.findings(report)
      case 'imageCounts':
        return context.updateStage(stage.id, { imageCounts: { train: report.train, test: report.test } })
      case 'artifact':
        context.artifacts.put(runId, { ...report, stageId: stage.id })
        return this.tellArtifacts()
      default:
        throw new ExhaustiveError(report)
    }
  }

  private findings({ findings }: Report<'findings'>): void {
    const { context, stage } = this.options
    const levels = { error: 'error', warning: 'warn', info: 'info', ok: 'info' } as const
    context.updateStage(stage.id, { findings })
    for (const { severity, message } of findings) context.log(levels[severity], `${stage.title}: trigger: ${message}`)
  }

  private progress(report: Report<'progress'>): void {
    const { context, stage, resumes } = this.options
    // The first one tells where a resumed stage starts again.
    if (!this.begun && resumes) this.forgetAfter(report.step)
    this.begun = true
    const write = Date.now() - this.lastWrite > progressWriteInterval
    if (write) this.lastWrite = Date.now()
    const { step, totalSteps, seconds, secondsLeft, activity } = report
    context.updateStage(stage.id, { step, totalSteps, seconds, secondsLeft, activity }, write)
  }

  private finished({ outcome, step, evaluation, weights }: Report<'finished'>): StageOutcome {
    // A step that was given up for a pause or stop went back to a checkpoint.
    if (outcome !== 'done') this.forgetAfter(step)
    return { type: outcome, evaluation: evaluation ?? this.evaluation, weights }
  }

  /** Forgets what was recorded after a checkpoint: it will be recorded again. */
  private forgetAfter(step: number): void {
    const { context, stage } = this.options
    context.metrics.truncate(context.runId, stage.id, step + 1)
    context.artifacts.truncate(context.runId, stage.id, step + 1)
    this.tellArtifacts()
    this.chain(() => context.images.truncate(context.runId, stage.id, step + 1))
    this.chain(() => context.pool.truncate(context.runId, stage.id, step + 1))
  }

  private tellArtifacts(): void {
    const { context, stage } = this.options
    context.updateStage(stage.id, { artifacts: context.artifacts.newestSteps(context.runId, stage.id) })
  }

  private chain(work: () => Promise<void>): void {
    this.images = this.images.then(work).catch((error: unknown) => this.options.onFault(error))
  }
}
