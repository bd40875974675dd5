/** What a trainer reports of a stage, written down: the store, the events and the log. */
import { join } from 'node:path'
import type { LogLine } from '../../../../shared/contract'
import { collapsedGenerator, divergedAt, type Evaluation } from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import type { JournalPosition, TaskReport } from '../../protocol/taskFolder'
import { decodeGrid } from '../../images/imageGrid'
import { createKeptPosition, type KeptPosition } from './keptPosition'
import type { StageContext, StageOutcome } from './types'

type Report<Type extends TaskReport['type']> = Extract<TaskReport, { type: Type }>
type RecordedReport = Report<'metrics' | 'images' | 'pool' | 'evaluation' | 'imageCounts' | 'stepUnits' | 'artifact'>

/** Progress reaches the database this often; the memory always has the newest. */
const progressWriteInterval = 2000

export interface StageReports {
  /**
   * Returns how the stage ended, where the report says that. Told again, from an older place of the journal, it changes
   * nothing.
   */
  write(report: TaskReport, at: JournalPosition): StageOutcome | null
  /** Resolves when everything that was reported is kept. */
  written(): Promise<void>
}

export interface StageReportsOptions {
  readonly context: StageContext
  /** The task's folder. */
  readonly folder: string
  /** What was reported could not be kept. */
  onFault(error: unknown): void
}

export function createStageReports(options: StageReportsOptions): StageReports {
  const writer = new ReportWriter(options)
  return { write: (report, at) => writer.write(report, at), written: () => writer.written() }
}

class ReportWriter {
  private pictures: Promise<void> = Promise.resolve()
  private readonly position: KeptPosition
  private evaluation: Evaluation | null = null
  /** The process goes on from a checkpoint, and has not said yet from which. */
  private resumes = false
  private lastWrite = -Infinity

  constructor(private readonly options: StageReportsOptions) {
    this.position = createKeptPosition(options.folder)
  }

  write(report: TaskReport, at: JournalPosition): StageOutcome | null {
    const outcome = this.dispatch(report, at)
    // The end is told again to a control that takes the task up, until what it means has been written down.
    if (outcome) return outcome
    if (this.position.due) this.keep(at)
    else this.position.reached(at)
    return null
  }

  async written(): Promise<void> {
    this.keep(this.position.last)
    await this.pictures
  }

  /** The position is kept behind what it stands for. */
  private keep(at: JournalPosition | null): void {
    if (!at) return
    this.position.reached(at)
    this.chain(() => {
      this.options.context.metrics.flush()
      this.position.keep(at)
      return Promise.resolve()
    })
  }

  private dispatch(report: TaskReport, at: JournalPosition): StageOutcome | null {
    const { context } = this.options
    switch (report.type) {
      case 'attempt':
        this.resumes = report.resumes
        this.log(at, 'debug', `process ${report.pid} on ${report.host}${report.job ? `, job ${report.job}` : ''}`)
        return null
      case 'finished':
        return this.finished(report)
      case 'failed':
        return { type: 'failed', causes: report.causes }
      case 'ready':
        context.deviceFound(report.device)
        return null
      case 'preparing':
        context.preparing(report.activity)
        return null
      case 'progress':
        this.progress(report)
        return null
      case 'checkpoint':
        this.log(at, 'debug', `checkpoint at step ${report.step}`)
        return null
      case 'warning':
        context.addWarning(report.message)
        this.log(at, 'warn', report.message)
        return null
      case 'log':
        this.log(at, report.level, report.message)
        return null
      case 'findings':
        this.findings(report, at)
        return null
      default:
        this.recorded(report)
        return null
    }
  }

  /** A line that an earlier engine has in the log already is not written again. */
  private log(at: JournalPosition, level: LogLine['level'], message: string): void {
    this.position.logOnce(at, () => this.options.context.log(level, `${this.options.context.title}: ${message}`))
  }

  /** What the stage found out: numbers, images, tests. */
  private recorded(report: RecordedReport): void {
    const { context } = this.options
    const { place } = context
    switch (report.type) {
      case 'metrics':
        return this.metrics(report)
      case 'images':
        return this.chain(() => this.images(report))
      case 'pool':
        return this.chain(() => context.pool.index(place, report.call, { budgetBytes: context.poolBytes }))
      case 'evaluation':
        this.evaluation = report.evaluation
        return context.update({ evaluation: report.evaluation })
      case 'imageCounts':
        return context.update({ imageCounts: { train: report.train, test: report.test } })
      case 'stepUnits':
        return context.update({ stepUnits: report.units })
      case 'artifact':
        context.artifacts.put(place, report)
        return this.tellArtifacts()
      default:
        throw new ExhaustiveError(report)
    }
  }

  private metrics({ points }: Report<'metrics'>): void {
    const { context } = this.options
    context.metrics.append(context.place, points)
    context.tellMetrics(points)
    const diverged = divergedAt(points)
    if (diverged) context.observe('notFinite', diverged)
  }

  /** Whoever watches gets the pixels; the grid is decoded for nobody else. */
  private async images({ labels, grid }: Report<'images'>): Promise<void> {
    const { context, folder } = this.options
    context.observe('collapsedGenerator', collapsedGenerator(labels, context.position().totalSteps))
    await context.images.index(context.place, labels, context)
    if (!context.watchesImages()) return
    const pixels = await decodeGrid(join(folder, grid.file), labels).catch(() => null)
    if (pixels) context.tellImages(labels.step, { ...labels, pixels })
  }

  private findings({ findings }: Report<'findings'>, at: JournalPosition): void {
    const { context } = this.options
    const levels = { error: 'error', warning: 'warn', info: 'info', ok: 'info' } as const
    context.update({ findings })
    this.position.logOnce(at, () => {
      for (const { severity, message } of findings)
        context.log(levels[severity], `${context.title}: trigger: ${message}`)
    })
  }

  private progress(report: Report<'progress'>): void {
    const { context } = this.options
    // The first one tells where a resumed stage starts again.
    if (this.resumes) this.forgetAfter(report.step)
    this.resumes = false
    const write = performance.now() - this.lastWrite > progressWriteInterval
    if (write) this.lastWrite = performance.now()
    const { step, totalSteps, seconds, secondsLeft, activity } = report
    context.update({ step, totalSteps, seconds, secondsLeft, activity }, write)
  }

  private finished({ outcome, step, evaluation, weights }: Report<'finished'>): StageOutcome {
    // A step that was given up for a pause or stop went back to a checkpoint.
    if (outcome !== 'done') this.forgetAfter(step)
    return { type: outcome, evaluation: evaluation ?? this.evaluation, weights }
  }

  /** Forgets what was recorded after a checkpoint: it will be recorded again. */
  private forgetAfter(step: number): void {
    const { context } = this.options
    context.metrics.truncate(context.place, step + 1)
    context.artifacts.truncate(context.place, step + 1)
    context.forgetHealthAfter(step)
    this.tellArtifacts()
    this.chain(() => {
      context.images.truncate(context.place, step + 1)
      context.pool.truncate(context.place, step + 1)
      return Promise.resolve()
    })
  }

  private tellArtifacts(): void {
    const { context } = this.options
    context.update({ artifacts: context.artifacts.newestSteps(context.place) })
  }

  private chain(work: () => Promise<void>): void {
    this.pictures = this.pictures.then(work).catch((error: unknown) => this.options.onFault(error))
  }
}
