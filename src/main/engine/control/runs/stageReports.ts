/** What a trainer reports of a stage, written down: the store, the events and the log. */
import { join } from 'node:path'
import type { LogLine } from '../../../../shared/contract'
import { collapsedGenerator, divergedAt, withProcessTimings, type Evaluation } from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import type { JournalPosition, TaskReport } from '../../protocol/taskFolder'
import { decodeGrid } from '../../images/imageGrid'
import { createKeptPosition, type KeptPosition } from './keptPosition'
import type { StageContext, StageOutcome } from './types'

type Report<Type extends TaskReport['type']> = Extract<TaskReport, { type: Type }>
type RecordedReport = Report<
  'metrics' | 'images' | 'pool' | 'evaluation' | 'imageCounts' | 'stepUnits' | 'timings' | 'artifact'
>

/** Progress reaches the database this often; the memory always has the newest. */
const progressWriteInterval = 2000

export interface StageReports {
  /**
   * Returns how the stage ended, where the report says that. Told again, from an older place of the journal, it changes
   * nothing.
   */
  write(report: TaskReport, at: JournalPosition): StageOutcome | null
  /** Resolves when everything that was reported is kept. Of a stage that has ended; `outcome`: as its process said. */
  written(outcome?: StageOutcome['type']): Promise<void>
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
  return { write: (report, at) => writer.write(report, at), written: (outcome) => writer.written(outcome) }
}

class ReportWriter {
  /** Work on files, one after the other. */
  private files: Promise<void> = Promise.resolve()
  private readonly position: KeptPosition
  private evaluation: Evaluation | null = null
  /** The process goes on from a checkpoint, and has not said yet from which. */
  private resumes = false
  private lastWrite = -Infinity

  constructor(private readonly options: StageReportsOptions) {
    const { context, folder } = options
    this.position = createKeptPosition({ positions: context.positions, place: context.place, folder })
  }

  write(report: TaskReport, at: JournalPosition): StageOutcome | null {
    const outcome = this.dispatch(report, at)
    // The end is told again to a control that takes the task up, until what it means has been written down; and that a
    // process goes on from a checkpoint until it has said from which, since steps behind that are forgotten then.
    if (outcome || this.resumes) return outcome
    this.position.reached(at)
    if (this.position.due) this.keep()
    return null
  }

  async written(outcome?: StageOutcome['type']): Promise<void> {
    try {
      this.keep()
    } catch (error) {
      this.options.onFault(error)
    }
    if (outcome === 'done' || outcome === 'paused' || outcome === 'stopped') this.chain(() => this.tidy(outcome))
    await this.files
  }

  private keep(): void {
    const { last } = this.position
    if (last) this.position.keep(last, (mark) => this.options.context.keep(mark))
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
        this.chain(() => this.release(report.step))
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
    const { context } = this.options
    this.position.logOnce(at, (mark) => context.log(level, `${context.title}: ${message}`, mark))
  }

  /** What the stage found out: numbers, images, tests. */
  private recorded(report: RecordedReport): void {
    const { context } = this.options
    const { place } = context
    switch (report.type) {
      case 'metrics':
        return this.metrics(report)
      case 'images':
        return this.images(report)
      case 'pool':
        return context.pool.index(place, report.call, { bytes: report.grid?.bytes ?? 0, ...this.poolBudget })
      case 'evaluation':
        this.evaluation = report.evaluation
        return context.update({ evaluation: report.evaluation })
      case 'imageCounts':
        return context.update({ imageCounts: { train: report.train, test: report.test } })
      case 'stepUnits':
        return context.update({ stepUnits: report.units })
      case 'timings':
        return context.update({ timings: withProcessTimings(context.position().timings ?? [], report.timings) })
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

  private get poolBudget(): { budgetBytes: number } {
    return { budgetBytes: this.options.context.poolBytes }
  }

  /** Whoever watches gets the pixels; the grid is decoded for nobody else. */
  private images({ labels, grid }: Report<'images'>): void {
    const { context, folder } = this.options
    const { place, keptSteps } = context
    context.observe('collapsedGenerator', collapsedGenerator(labels, context.position().totalSteps))
    context.images.index(place, labels, { bytes: grid.bytes, keptSteps })
    if (!context.watchesImages()) return
    this.chain(async () => {
      const pixels = await decodeGrid(join(folder, grid.file), labels).catch(() => null)
      if (pixels) context.tellImages(labels.step, { ...labels, pixels })
    })
  }

  /** No process goes back behind a checkpoint. */
  private async release(step: number): Promise<void> {
    const { context } = this.options
    await context.images.release(context.place, step, context)
    await context.pool.release(context.place, step, this.poolBudget)
  }

  /** Nobody writes pictures any more: what is not kept goes, and what should be there and is not is told. */
  private async tidy(outcome: StageOutcome['type']): Promise<void> {
    const { context } = this.options
    const { images, pool, place } = context
    await images.tidy(place)
    await pool.tidy(place)
    if (outcome !== 'done') return
    const lost = [
      ...missingWords('images', 'step', await images.missing(place)),
      ...missingWords('pool images', 'call', await pool.missing(place)),
    ]
    for (const message of lost) {
      context.addWarning(message)
      context.log('warn', `${context.title}: ${message}`)
      context.notice('warning', `${context.title}: ${message}`, [])
    }
  }

  private findings({ findings }: Report<'findings'>, at: JournalPosition): void {
    const { context } = this.options
    const levels = { error: 'error', warning: 'warn', info: 'info', ok: 'info' } as const
    context.update({ findings })
    this.position.logOnce(at, (mark) => {
      findings.forEach(({ severity, message }, index) =>
        context.log(
          levels[severity],
          `${context.title}: trigger: ${message}`,
          index === findings.length - 1 ? mark : undefined,
        ),
      )
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
    context.images.truncate(context.place, step + 1, context)
    context.pool.truncate(context.place, step + 1, this.poolBudget)
  }

  private tellArtifacts(): void {
    const { context } = this.options
    context.update({ artifacts: context.artifacts.newestSteps(context.place) })
  }

  private chain(work: () => Promise<void>): void {
    this.files = this.files.then(work).catch((error: unknown) => this.options.onFault(error))
  }
}

const missingWords = (what: string, of: 'step' | 'call', missing: readonly number[]): string[] =>
  missing.length === 0
    ? []
    : [
        `the ${what} of ${missing.length} ${of}${missing.length === 1 ? '' : 's'} were recorded and are not on disk any more (${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ' …' : ''}).`,
      ]
