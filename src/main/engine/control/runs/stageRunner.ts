/** Drives one stage in a trainer of its own and writes down what it reports. */
import type { EngineNoticeSink, StageContext } from './types'
import { ExhaustiveError, UserError, fromCauses, type ErrorCause } from '../../../../shared/errors'
import type { Evaluation, StageRecord } from '../../../../shared/domain'
import { isDiskFull } from '../store'
import type { TrainerJob, TrainerReport } from '../../protocol/messages'
import { trainerWatch, watchTrainer, type TrainerHandle, type Watch } from '../executors/trainerProcess'

export type StageOutcome =
  | { type: 'done' | 'paused' | 'stopped'; evaluation: Evaluation | null; weights: string | null }
  | { type: 'failed'; causes: ErrorCause[] }
  /** The process ended without a word: a native crash, a kill, no memory. */
  | { type: 'crashed'; reason: string }

export interface RunningStage {
  readonly outcome: Promise<StageOutcome>
  /** Acts after the current step with a checkpoint, or goes back to the last one where a step takes long. */
  request(kind: 'pause' | 'stop'): void
  /** Ends the trainer at once; the stage has failed for this reason. */
  fail(error: unknown): void
  /** Ends the trainer at once; what came after the last checkpoint is lost. */
  kill(): void
}

/** Progress reaches the database this often; the memory always has the newest. */
const progressWriteInterval = 2000

export function runStage(context: StageContext, stage: StageRecord, job: TrainerJob): RunningStage {
  const runner = new StageRunner(context, stage, job)
  return {
    outcome: runner.outcome,
    request: (kind) => runner.request(kind),
    fail: (error) => runner.abandon(error),
    kill: () => runner.kill(),
  }
}

class StageRunner {
  readonly outcome: Promise<StageOutcome>
  private settle: (outcome: StageOutcome) => void = () => undefined
  private result: StageOutcome | null = null
  private evaluation: Evaluation | null = null
  private settledStep: number | null = null
  private lastWrite = 0
  private images: Promise<void> = Promise.resolve()
  private readonly handle: TrainerHandle
  private readonly watch: Watch

  constructor(
    private readonly context: StageContext,
    private readonly stage: StageRecord,
    private readonly job: TrainerJob,
  ) {
    this.outcome = new Promise((resolve) => {
      this.settle = resolve
    })
    this.handle = context.launch(job, {
      onReport: (report) => this.guard(() => this.report(report)),
      onExit: (code, signal, lastWords) => void this.exit(code, signal, lastWords),
    })
    this.watch = watchTrainer((command) => this.handle.send(command), {
      ...trainerWatch,
      onSilent: () => context.notice('warning', 'The trainer has not answered for two minutes.', []),
      onLost: () => this.kill(),
    })
  }

  request(kind: 'pause' | 'stop'): void {
    this.handle.send({ type: kind })
  }

  kill(): void {
    this.handle.kill()
  }

  /** A store that cannot be written ends the stage, not the engine. */
  private guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.abandon(error)
    }
  }

  abandon(error: unknown): void {
    this.result ??= { type: 'failed', causes: this.context.causesOf(isDiskFull(error) ? diskFull(error) : error) }
    this.handle.kill()
  }

  private report(report: TrainerReport): void {
    const { context, stage } = this
    // Whatever is told is a sign of life: preparation answers no ping while it computes.
    this.watch.pong()
    switch (report.type) {
      case 'ready':
        context.deviceFound(report.device)
        break
      case 'progress':
        this.progress(report)
        break
      case 'preparing':
        context.preparing(stage.id, report.activity)
        break
      case 'metrics':
        context.metrics.append(context.runId, stage.id, report.points)
        context.hub.metrics(context.runId, stage.id, report.points)
        break
      case 'images':
        this.keepImages(report.images)
        break
      case 'pool':
        this.chain(() => context.pool.add(context.runId, stage.id, report.images, context.poolBytes))
        break
      case 'evaluation':
        this.evaluation = report.evaluation
        context.updateStage(stage.id, { evaluation: report.evaluation })
        break
      case 'findings':
        context.updateStage(stage.id, { findings: report.findings })
        for (const { severity, message } of report.findings)
          context.log(
            severity === 'error' ? 'error' : severity === 'warning' ? 'warn' : 'info',
            `${stage.title}: trigger: ${message}`,
          )
        break
      case 'imageCounts':
        context.updateStage(stage.id, { imageCounts: { train: report.train, test: report.test } })
        break
      case 'artifact':
        context.artifacts.put(context.runId, { ...report, stageId: stage.id })
        context.updateStage(stage.id, { artifacts: context.artifacts.newestSteps(context.runId, stage.id) })
        break
      case 'checkpoint':
        context.log('debug', `${stage.title}: checkpoint at step ${report.step}`)
        break
      case 'warning':
        context.addWarning(stage.id, report.message)
        context.log('warn', `${stage.title}: ${report.message}`)
        break
      case 'log':
        context.log(report.level, `${stage.title}: ${report.message}`)
        break
      case 'finished':
        // A step that was given up for a pause or stop went back to a checkpoint.
        if (report.outcome !== 'done') this.forgetAfter(report.step)
        this.result ??= {
          type: report.outcome,
          evaluation: report.evaluation ?? this.evaluation,
          weights: report.weights,
        }
        break
      case 'failed':
        this.result ??= { type: 'failed', causes: diskFullCauses(report.causes, context) }
        break
      case 'pong':
        break
      default:
        throw new ExhaustiveError(report)
    }
  }

  private progress(report: Extract<TrainerReport, { type: 'progress' }>): void {
    const { context, stage } = this
    // The first one tells where a resumed stage starts again.
    if (this.settledStep === null) this.settleAt(report.step)
    const write = Date.now() - this.lastWrite > progressWriteInterval
    if (write) this.lastWrite = Date.now()
    context.updateStage(
      stage.id,
      {
        step: report.step,
        totalSteps: report.totalSteps,
        seconds: report.seconds,
        secondsLeft: report.secondsLeft,
        activity: report.activity,
      },
      write,
    )
  }

  /** Forgets what was recorded after the checkpoint that a resumed stage starts from: it will be recorded again. */
  private settleAt(step: number): void {
    this.settledStep = step
    if ('resume' in this.job && this.job.resume) this.forgetAfter(step)
  }

  private forgetAfter(step: number): void {
    const { context, stage } = this
    context.metrics.truncate(context.runId, stage.id, step + 1)
    context.artifacts.truncate(context.runId, stage.id, step + 1)
    context.updateStage(stage.id, { artifacts: context.artifacts.newestSteps(context.runId, stage.id) })
    this.chain(() => context.images.truncate(context.runId, stage.id, step + 1))
    this.chain(() => context.pool.truncate(context.runId, stage.id, step + 1))
  }

  private keepImages(images: Extract<TrainerReport, { type: 'images' }>['images']): void {
    const { context, stage } = this
    context.hub.emit('run.images', { runId: context.runId, stageId: stage.id, step: images.step, images })
    this.chain(() => context.images.add(context.runId, stage.id, images, context.keptSteps))
  }

  private chain(work: () => Promise<void>): void {
    this.images = this.images.then(work).catch((error: unknown) => this.abandon(error))
  }

  private async exit(code: number | null, signal: NodeJS.Signals | null, lastWords: string): Promise<void> {
    this.watch.stop()
    await this.images
    const how = signal ? `ended by ${signal}` : `exit code ${code ?? 'unknown'}`
    if (this.result === null && lastWords.trim() !== '')
      this.context.log('error', `${this.stage.title}: last words of the trainer: ${lastWords.trim().slice(-1500)}`)
    this.settle(this.result ?? { type: 'crashed', reason: how })
  }
}

const diskFull = (cause: unknown): UserError =>
  new UserError('The disk is full.', {
    action:
      'Free some space (Settings shows what the workspace uses), then resume the run; its last checkpoint is intact.',
    cause,
  })

function diskFullCauses(causes: ErrorCause[], context: { causesOf: EngineNoticeSink['causesOf'] }): ErrorCause[] {
  return causes.some((cause) => /ENOSPC|no space left/i.test(cause.message))
    ? context.causesOf(diskFull(fromCauses(causes)))
    : causes
}
