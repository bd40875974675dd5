/** The loop that every training stage runs in: stop, pause, checkpoints, evaluation, images and progress exist once. */
import type { Evaluation, MetricName, MetricPoint, StageActivity, SyntheticImages } from '../../../shared/domain'
import { UserError } from '../../../shared/errors'
import type { WorkRemark } from './analyses'
import type { StepProgram } from '../graph/types'
import { dropOlderCheckpoints, readCheckpointAt, readLatestCheckpoint, writeCheckpoint } from './checkpoints'
import type { KeepCheckpoint } from './checkpoints'
import type { TrainerReport } from '../protocol/messages'
import type { StateBundle } from '../families/distillation/state'
import { yieldToEventLoop, createInnerStepListener, defaultPatience } from './innerSteps'
import { StepInterrupted } from '../families/distillation/innerSteps'
import type { InnerStepOptions } from './innerSteps'
import type { InnerStepListener } from '../families/distillation/innerSteps'
import type { StageStart } from '../protocol/plans'

export type StepMetrics = Partial<Record<MetricName, number>>

/** One stage's work, cut into steps after each of which it can be stopped and resumed. */
export interface StageWork {
  readonly totalSteps: number
  readonly state: StateBundle
  readonly program: StepProgram
  /**
   * Does the step with this index (0-based). Metrics are returned when `measure` is set; on other steps only what
   * happens once (a decision), which is recorded too.
   * A step of many inner ones calls `innerStep` after each, and lets the StepInterrupted pass that may come out of it.
   */
  step(index: number, measure: boolean, innerStep?: InnerStepListener): StepMetrics | Promise<StepMetrics>
  /** What was said since the last call: warnings, artifacts. Read after every step and evaluation, and at the end. */
  remarks?(): WorkRemark[]
  /** At the end, a pause or a stop, when nothing trains any more: for what takes the model as writeWeights has it. */
  conclude?(outcome: 'done' | 'paused' | 'stopped'): void
  /** Images that went through training per step, for images per second. */
  readonly imagesPerStep: number
  readonly measureEvery: number
  /** Whether the model is evaluated after so many steps (the end is always evaluated). */
  evaluateAfter(stepsDone: number): boolean
  evaluate(): Evaluation
  /** The evaluation of what writeWeights writes, where that is not the model as it stands. */
  keptEvaluation?(): Evaluation | null
  /** Whether images are kept after so many steps. */
  imagesAfter?(stepsDone: number): boolean
  images?(stepsDone: number): SyntheticImages
  /** Checkpoints that are written and stay, beside those that come with time. */
  readonly keepsCheckpoint?: KeepCheckpoint
  /** Writes the model with PyTorch names and returns its path; null where there is nothing to write. */
  writeWeights(): Promise<string | null>
  dispose(): void
}

export interface LoopOptions {
  folder: string
  resume: boolean
  startFrom?: StageStart | undefined
  checkpointEverySeconds: number
  report(report: TrainerReport): void
  /** Read after every step, and inside one that takes long: what control asked for. */
  request(): 'go' | 'pause' | 'stop'
  /** How soon a request acts inside a step. */
  innerStep?: Pick<InnerStepOptions, 'yieldEvery' | 'patience' | 'now'>
}

const rateWindow = 20
const progressEveryMilliseconds = 200
/** A step that a request would give up is worth a checkpoint of its own where that takes less than this share of it. */
const checkpointShare = 0.02

/** Images per second over the last steps, evaluation and checkpoints not counted. */
function createRate(imagesPerStep: number): { add(seconds: number): void; value(): number; secondsPerStep(): number } {
  const times: number[] = []
  return {
    add(seconds) {
      times.push(seconds)
      if (times.length > rateWindow) times.shift()
    },
    value: () => (imagesPerStep * times.length) / times.reduce((sum, time) => sum + time, 1e-9),
    secondsPerStep: () => times.reduce((sum, time) => sum + time, 0) / Math.max(1, times.length),
  }
}

/** Runs the work from its last checkpoint (or the start) to its end, a pause or a stop. */
export async function runStage(
  work: StageWork,
  options: LoopOptions,
): Promise<Extract<TrainerReport, { type: 'finished' }>> {
  const { report } = options
  let stepsDone = 0
  let secondsBefore = 0
  const started = performance.now()
  const seconds = (): number => secondsBefore + (performance.now() - started) / 1000
  const onDamaged = (path: string, error: unknown): void => {
    report({
      type: 'warning',
      message: `A checkpoint could not be read and the one before it is used: ${error instanceof Error ? error.message : String(error)}`,
    })
    report({ type: 'log', level: 'warn', message: `damaged checkpoint ${path}` })
  }
  const own = options.resume ? await readLatestCheckpoint(options.folder, onDamaged) : null
  const { startFrom } = options
  const earlier = !own && startFrom ? await readCheckpointAt(startFrom.folder, startFrom.step, onDamaged) : null
  if (own) {
    work.state.restore(own.snapshot)
    work.program.writeState()
    stepsDone = own.step
    secondsBefore = own.seconds
    report({ type: 'log', level: 'info', message: `resumed at step ${stepsDone}` })
  } else if (earlier) {
    work.state.restore(earlier.snapshot, { missing: 'keep' })
    work.program.writeState()
    stepsDone = earlier.step
    report({
      type: 'log',
      level: 'info',
      message: `goes on from ${startFrom?.named ?? `step ${stepsDone} of the student whose distillation begins alike`}`,
    })
  } else if (startFrom?.named) throw new MissingStartError(startFrom.named, startFrom.folder)

  const keeps = work.keepsCheckpoint ?? (() => false)
  const firstStep = stepsDone
  let checkpointAt = own ? own.step : -1
  let checkpointSeconds = 0
  const checkpoint = async (): Promise<void> => {
    if (checkpointAt === stepsDone) return
    const begun = performance.now()
    work.program.readState()
    const written = await writeCheckpoint(options.folder, stepsDone, seconds(), work.state.snapshot(), keeps)
    checkpointAt = stepsDone
    checkpointSeconds = (performance.now() - begun) / 1000
    report({ type: 'checkpoint', step: stepsDone, path: written.path })
  }
  const tellRemarks = (): void => {
    for (const remark of work.remarks?.() ?? [])
      report(remark.type === 'artifact' ? { ...remark, step: stepsDone } : remark)
  }
  let evaluation: Evaluation | null = null
  let evaluatedAt = -1
  const evaluate = (): void => {
    if (evaluatedAt === stepsDone) return
    evaluation = work.evaluate()
    evaluatedAt = stepsDone
    const points: MetricPoint[] = [{ name: 'accuracy', step: stepsDone, value: evaluation.accuracy }]
    if (evaluation.asr !== null) points.push({ name: 'asr', step: stepsDone, value: evaluation.asr })
    if (evaluation.asrAll !== null) points.push({ name: 'asrAll', step: stepsDone, value: evaluation.asrAll })
    if (evaluation.robustAccuracy !== null)
      points.push({ name: 'robustAccuracy', step: stepsDone, value: evaluation.robustAccuracy })
    report({ type: 'metrics', points })
    report({ type: 'evaluation', step: stepsDone, evaluation })
    tellRemarks()
  }
  const finish = async (
    outcome: 'done' | 'paused' | 'stopped',
  ): Promise<Extract<TrainerReport, { type: 'finished' }>> => {
    // Progress is told five times a second; the step that a pause or stop ends at must not depend on when it was told
    // last.
    progress(true)
    await checkpoint()
    if (outcome === 'done' || outcome === 'stopped') evaluate()
    const weights = await work.writeWeights()
    work.conclude?.(outcome)
    tellRemarks()
    if (outcome === 'done') await dropOlderCheckpoints(options.folder, keeps)
    return { type: 'finished', outcome, step: stepsDone, evaluation: work.keptEvaluation?.() ?? evaluation, weights }
  }

  const rate = createRate(work.imagesPerStep)
  let lastProgress = -Infinity
  let lastCheckpoint = performance.now()
  let stepBegan = performance.now()
  const progress = (force: boolean, activity?: StageActivity): void => {
    if (!force && performance.now() - lastProgress < progressEveryMilliseconds) return
    lastProgress = performance.now()
    const perStep = rate.secondsPerStep()
    const inStep = activity ? Math.min(perStep, (performance.now() - stepBegan) / 1000) : 0
    report({
      type: 'progress',
      step: stepsDone,
      totalSteps: work.totalSteps,
      seconds: seconds(),
      secondsLeft: perStep > 0 ? perStep * (work.totalSteps - stepsDone) - inStep : null,
      ...(activity ? { activity } : {}),
    })
  }
  const innerStep = createInnerStepListener({
    tell: (activity) => progress(true, activity),
    request: options.request,
    ...options.innerStep,
  })
  /**
   * The state is somewhere inside a step: back to the last checkpoint, from which all that follows comes again bit for
   * bit.
   */
  const giveUp = async (request: 'pause' | 'stop'): Promise<Extract<TrainerReport, { type: 'finished' }>> => {
    const outcome = request === 'pause' ? ('paused' as const) : ('stopped' as const)
    const last = checkpointAt >= 0 ? await readLatestCheckpoint(options.folder, onDamaged) : null
    if (last) {
      work.state.restore(last.snapshot)
      work.program.writeState()
    }
    secondsBefore += (last?.seconds ?? 0) - seconds()
    stepsDone = checkpointAt = last?.step ?? firstStep
    evaluatedAt = -1
    report({ type: 'log', level: 'info', message: `${outcome} inside a step; back to step ${stepsDone}` })
    if (last) return finish(outcome)
    // Nothing is done yet that could be kept: resuming begins as this did.
    progress(true)
    return { type: 'finished', outcome, step: stepsDone, evaluation: null, weights: null }
  }

  progress(true)
  if (stepsDone === 0 && work.images && work.imagesAfter?.(0)) report({ type: 'images', images: work.images(0) })
  while (stepsDone < work.totalSteps) {
    const request = options.request()
    if (request !== 'go') return finish(request === 'pause' ? 'paused' : 'stopped')
    const measure = stepsDone % work.measureEvery === 0 || stepsDone === work.totalSteps - 1
    stepBegan = performance.now()
    let metrics: StepMetrics
    try {
      metrics = await work.step(stepsDone, measure, innerStep)
    } catch (error) {
      if (error instanceof StepInterrupted) return giveUp(error.request)
      throw error
    }
    const stepSeconds = (performance.now() - stepBegan) / 1000
    rate.add(stepSeconds)
    stepsDone += 1
    tellRemarks()
    const points: MetricPoint[] = Object.entries(metrics).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name: name as MetricName, step: stepsDone, value }],
    )
    if (measure) points.push({ name: 'imagesPerSecond', step: stepsDone, value: rate.value() })
    if (points.length > 0) report({ type: 'metrics', points })
    failOnNaN(metrics, stepsDone)
    if (work.images && work.imagesAfter?.(stepsDone)) report({ type: 'images', images: work.images(stepsDone) })
    if (work.evaluateAfter(stepsDone) && stepsDone < work.totalSteps) evaluate()
    const dear = stepSeconds * 1000 >= defaultPatience && checkpointSeconds <= checkpointShare * stepSeconds
    if (keeps(stepsDone) || dear || (performance.now() - lastCheckpoint) / 1000 >= options.checkpointEverySeconds) {
      await checkpoint()
      lastCheckpoint = performance.now()
    }
    progress(false)
    await yieldToEventLoop()
  }
  return finish('done')
}

function failOnNaN(metrics: StepMetrics, step: number): void {
  for (const [name, value] of Object.entries(metrics)) {
    if (!Number.isNaN(value)) continue
    throw new DivergedError(name, step)
  }
}

/** The checkpoint that a student should start from is not there, or not whole. */
export class MissingStartError extends UserError {
  constructor(named: string, folder: string) {
    super('The checkpoint to start from cannot be read.', {
      wanted: `a whole checkpoint of ${named}`,
      got: 'none',
      where: folder,
      action: 'Choose another kept checkpoint, or leave the start empty: the run then distils its own student.',
    })
    this.name = 'MissingStartError'
  }
}

/** The numbers left the range of float32; going on would only waste time. */
export class DivergedError extends UserError {
  constructor(
    readonly metric: string,
    readonly step: number,
  ) {
    super(`Training diverged: ${metric} is not a number.`, {
      wanted: 'a finite value',
      got: 'NaN',
      where: `step ${step}`,
      action: 'Lower the learning rate or the weights of the loss terms, and start again; the last checkpoint is kept.',
    })
    this.name = 'DivergedError'
  }
}
