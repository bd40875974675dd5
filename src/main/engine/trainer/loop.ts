/**
 * The loop that every training stage runs in: stop, pause, checkpoints, evaluation, images and progress exist once.
 * A stage begins (or goes on from a checkpoint), takes steps, and finishes, or gives a step up half-way; each of these
 * is a function over the loop's state.
 */
import type { Evaluation, MetricName, MetricPoint } from '../../../shared/domain'
import { sentenceOf } from '../../../shared/errors'
import { StepInterrupted, type InnerStepListener } from '../families/distillation/innerSteps'
import type { TrainerReport } from '../protocol/messages'
import type { StageStart } from '../protocol/plans'
import {
  dropOlderCheckpoints,
  readCheckpointAt,
  readLatestCheckpoint,
  writeCheckpoint,
  type ReadCheckpoint,
} from './checkpoints'
import { createPhaseClock, type PhaseClock } from './phaseClock'
import { createInnerStepListener, defaultPatience, yieldToEventLoop, type InnerStepOptions } from './innerSteps'
import { createProgressTeller, createStepRate, type ProgressTeller, type StepRate } from './progress'
import { assertFinite, MissingStartError } from './stageErrors'
import type { StageWork, StepMetrics } from './stageWork'

export interface LoopOptions {
  folder: string
  resume: boolean
  startFrom?: StageStart | undefined
  checkpointEverySeconds: number
  /** Steps after which the stage is evaluated and paused, though nobody asks: a rung of a search. */
  pauseAt?: number | undefined
  /**
   * Resolves when all that was reported is on disk, and rejects where it cannot be: before a checkpoint gets its name,
   * so that none is ahead of what is known of the steps before it.
   */
  settle?: (() => Promise<void>) | undefined
  report(report: TrainerReport): void
  /** What the machine is doing, told after steps; left out: nothing is. */
  system?: { due(): boolean; read(step: number): MetricPoint[] } | undefined
  /** Where the time goes; left out: one that begins now. */
  clock?: PhaseClock | undefined
  /** Read after every step, and inside one that takes long: what control asked for. */
  request(): 'go' | 'pause' | 'stop'
  /** How soon a request acts inside a step. */
  innerStep?: Pick<InnerStepOptions, 'yieldEvery' | 'patience' | 'now'>
}

type Finished = Extract<TrainerReport, { type: 'finished' }>

/** A step that a request would give up is worth a checkpoint of its own where that takes less than this share of it. */
const checkpointShare = 0.02

/** What changes while a stage runs. */
export interface LoopState {
  stepsDone: number
  /** Working seconds of earlier processes. */
  secondsBefore: number
  /** Steps at the newest checkpoint of this stage; null while there is none. */
  checkpointAt: number | null
  /** What the newest checkpoint took to write, in seconds. */
  checkpointSeconds: number
  /** When one was written last because of the time; milliseconds. */
  checkpointTime: number
  /** When the step that is being done began; milliseconds. */
  stepBegan: number
  evaluation: Evaluation | null
  /** Steps at that evaluation; null where the model has changed since in another way than by steps. */
  evaluatedAt: number | null
}

/** A stage on its way: what stays, and its state. */
export interface TrainingLoop {
  readonly work: StageWork
  readonly options: LoopOptions
  readonly state: LoopState
  /** Where this stage began: resuming without a checkpoint begins there again. */
  readonly firstStep: number
  readonly rate: StepRate
  readonly progress: ProgressTeller
  readonly innerStep: InnerStepListener
  readonly clock: PhaseClock
  /** Working seconds of the stage so far. */
  seconds(): number
}

/** Runs the work from its last checkpoint (or the start) to its end, a pause or a stop. */
export async function runTrainingLoop(work: StageWork, options: LoopOptions): Promise<Finished> {
  const loop = await beginStage(work, options)
  const { state } = loop
  loop.progress.tellNow()
  if (state.stepsDone === 0) reportImages(loop)
  while (state.stepsDone < work.totalSteps) {
    const request = options.request()
    if (request !== 'go') return finishStage(loop, outcomeOf(request))
    if (state.stepsDone >= (options.pauseAt ?? Infinity)) return finishStage(loop, 'paused', { evaluate: true })
    try {
      await takeStep(loop)
    } catch (error) {
      if (error instanceof StepInterrupted) return giveUpStep(loop, error.request)
      throw error
    }
    await yieldToEventLoop()
  }
  return finishStage(loop, 'done')
}

const outcomeOf = (request: 'pause' | 'stop'): 'paused' | 'stopped' => (request === 'pause' ? 'paused' : 'stopped')

/** Restores the state that the stage goes on from: its own checkpoint, another student's, or none. */
export async function beginStage(work: StageWork, options: LoopOptions): Promise<TrainingLoop> {
  const started = performance.now()
  const own = options.resume ? await readLatestCheckpoint(options.folder, damagedTeller(options)) : null
  const step = own ? resumeFrom(own, work, options) : await goOnFrom(options.startFrom, work, options)
  const state: LoopState = {
    stepsDone: step,
    secondsBefore: own?.seconds ?? 0,
    checkpointAt: own?.step ?? null,
    checkpointSeconds: 0,
    checkpointTime: performance.now(),
    stepBegan: performance.now(),
    evaluation: null,
    evaluatedAt: null,
  }
  const seconds = (): number => state.secondsBefore + (performance.now() - started) / 1000
  const rate = createStepRate(work.imagesPerStep)
  const progress = createProgressTeller({
    position: () => ({
      step: state.stepsDone,
      totalSteps: work.totalSteps,
      seconds: seconds(),
      secondsInStep: (performance.now() - state.stepBegan) / 1000,
    }),
    rate,
    report: options.report,
  })
  const innerStep = createInnerStepListener({ tell: progress.tellNow, request: options.request, ...options.innerStep })
  const { clock = createPhaseClock() } = options
  return { work, options, state, firstStep: step, rate, progress, innerStep, clock, seconds }
}

const damagedTeller =
  ({ report }: LoopOptions) =>
  (path: string, error: unknown): void => {
    report({
      type: 'warning',
      message: `A checkpoint could not be read and the one before it is used: ${sentenceOf(error)}`,
    })
    report({ type: 'log', level: 'warn', message: `damaged checkpoint ${path}` })
  }

function restore(work: StageWork, { snapshot }: ReadCheckpoint, missing?: 'keep'): void {
  if (missing) work.state.restore(snapshot, { missing })
  else work.state.restore(snapshot)
  work.program.writeState()
}

function resumeFrom(own: ReadCheckpoint, work: StageWork, { report }: LoopOptions): number {
  restore(work, own)
  report({ type: 'log', level: 'info', message: `resumed at step ${own.step}` })
  return own.step
}

/**
 * @returns the step of the checkpoint that the stage starts from; 0 where there is none
 * @throws MissingStartError where one was named that is not there
 */
async function goOnFrom(start: StageStart | undefined, work: StageWork, options: LoopOptions): Promise<number> {
  if (!start) return 0
  const earlier = await readCheckpointAt(start.folder, start.step, damagedTeller(options))
  if (!earlier) {
    if (start.named) throw new MissingStartError(start.named, start.folder)
    return 0
  }
  restore(work, earlier, 'keep')
  options.report({
    type: 'log',
    level: 'info',
    message: `goes on from ${start.named ?? `step ${earlier.step} of the student whose distillation begins alike`}`,
  })
  return earlier.step
}

/** One step of the work with everything that is due after it. */
export async function takeStep(loop: TrainingLoop): Promise<void> {
  const { work, state, rate, clock } = loop
  const measure = state.stepsDone % work.measureEvery === 0 || state.stepsDone === work.totalSteps - 1
  state.stepBegan = performance.now()
  const metrics = await clock.within('training', () => work.step(state.stepsDone, measure, loop.innerStep))
  const stepSeconds = (performance.now() - state.stepBegan) / 1000
  rate.add(stepSeconds)
  state.stepsDone += 1
  reportStep(loop, metrics, measure)
  reportSystem(loop)
  reportImages(loop)
  if (work.evaluateAfter(state.stepsDone) && state.stepsDone < work.totalSteps) evaluateModel(loop)
  if (checkpointDue(loop, stepSeconds)) {
    await saveCheckpoint(loop)
    state.checkpointTime = performance.now()
  }
  loop.progress.tell()
}

/** @throws DivergedError after the numbers were reported, so that the curve shows where it happened */
function reportStep(loop: TrainingLoop, metrics: StepMetrics, measure: boolean): void {
  const { options, state, rate, seconds } = loop
  const step = state.stepsDone
  reportRemarks(loop)
  const points: MetricPoint[] = Object.entries(metrics).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: name as MetricName, step, value }],
  )
  if (measure)
    points.push(
      { name: 'imagesPerSecond', step, value: rate.imagesPerSecond() },
      { name: 'elapsed', step, value: seconds() },
    )
  if (points.length > 0) options.report({ type: 'metrics', points })
  assertFinite(metrics, step)
}

function reportSystem({ options, state }: TrainingLoop): void {
  if (options.system?.due() !== true) return
  const points = options.system.read(state.stepsDone)
  if (points.length > 0) options.report({ type: 'metrics', points })
}

/** Artifacts are of the step after which they are told. */
function reportRemarks({ work, options, state }: TrainingLoop): void {
  for (const remark of work.remarks?.() ?? [])
    options.report(remark.type === 'artifact' ? { ...remark, step: state.stepsDone } : remark)
}

function reportImages({ work, options, state, clock }: TrainingLoop): void {
  const { images } = work
  if (images && work.imagesAfter?.(state.stepsDone))
    options.report({ type: 'images', images: clock.within('images', () => images(state.stepsDone)) })
}

/** Where the work keeps one, after a step that a request would have given up, and every so many seconds. */
function checkpointDue({ work, options, state }: TrainingLoop, stepSeconds: number): boolean {
  return (
    work.keepsCheckpoint?.(state.stepsDone) === true ||
    (stepSeconds * 1000 >= defaultPatience && state.checkpointSeconds <= checkpointShare * stepSeconds) ||
    (performance.now() - state.checkpointTime) / 1000 >= options.checkpointEverySeconds
  )
}

const keepNone = (): boolean => false

/** Writes the state down, where it is not on disk as it stands. */
export async function saveCheckpoint(loop: TrainingLoop): Promise<void> {
  const { work, options, state, clock, seconds } = loop
  if (state.checkpointAt === state.stepsDone) return
  const begun = performance.now()
  const { path } = await clock.within('checkpoints', () => {
    work.program.readState()
    return writeCheckpoint({
      folder: options.folder,
      step: state.stepsDone,
      seconds: seconds(),
      snapshot: work.state.snapshot(),
      keep: work.keepsCheckpoint ?? keepNone,
      settle: options.settle,
    })
  })
  state.checkpointAt = state.stepsDone
  state.checkpointSeconds = (performance.now() - begun) / 1000
  options.report({ type: 'checkpoint', step: state.stepsDone, path })
  options.report({ type: 'timings', timings: clock.account() })
}

/** Measures the model and reports it, where that was not done after this step. */
export function evaluateModel(loop: TrainingLoop): void {
  const { work, options, state, clock } = loop
  if (state.evaluatedAt === state.stepsDone) return
  const step = state.stepsDone
  const evaluation = { ...clock.within('evaluation', () => work.evaluate()), step }
  state.evaluation = evaluation
  state.evaluatedAt = step
  const points: MetricPoint[] = (['accuracy', 'asr', 'asrAll', 'robustAccuracy'] as const).flatMap((name) => {
    const value = evaluation[name]
    return value === null ? [] : [{ name, step, value }]
  })
  options.report({ type: 'metrics', points })
  options.report({ type: 'evaluation', step, evaluation })
  reportRemarks(loop)
}

/**
 * The state is somewhere inside a step: back to the last checkpoint, from which all that follows comes again bit for
 * bit.
 */
export async function giveUpStep(loop: TrainingLoop, request: 'pause' | 'stop'): Promise<Finished> {
  const { work, options, state } = loop
  const outcome = outcomeOf(request)
  const last = state.checkpointAt === null ? null : await readLatestCheckpoint(options.folder, damagedTeller(options))
  if (last) restore(work, last)
  state.secondsBefore += (last?.seconds ?? 0) - loop.seconds()
  state.stepsDone = state.checkpointAt = last?.step ?? loop.firstStep
  state.evaluatedAt = null
  options.report({ type: 'log', level: 'info', message: `${outcome} inside a step; back to step ${state.stepsDone}` })
  if (last) return finishStage(loop, outcome)
  // Nothing is done yet that could be kept: resuming begins as this did.
  loop.progress.tellNow()
  options.report({ type: 'timings', timings: loop.clock.account() })
  return { type: 'finished', outcome, step: state.stepsDone, evaluation: null, weights: null }
}

/** The last checkpoint and evaluation, and the model's file. A pause is quick: by default it is not evaluated. */
export async function finishStage(
  loop: TrainingLoop,
  outcome: Finished['outcome'],
  { evaluate = outcome !== 'paused' }: { evaluate?: boolean } = {},
): Promise<Finished> {
  const { work, options, state, clock } = loop
  // Progress is told five times a second; the step that a pause or stop ends at must not depend on when it was told
  // last.
  loop.progress.tellNow()
  await saveCheckpoint(loop)
  if (evaluate) evaluateModel(loop)
  await options.settle?.()
  const weights = await clock.within('checkpoints', () => work.writeWeights())
  clock.within('analyses', () => work.conclude?.(outcome))
  reportRemarks(loop)
  if (outcome === 'done') await dropOlderCheckpoints(options.folder, work.keepsCheckpoint ?? keepNone)
  options.report({ type: 'timings', timings: clock.account() })
  return {
    type: 'finished',
    outcome,
    step: state.stepsDone,
    evaluation: work.keptEvaluation?.() ?? state.evaluation,
    weights,
  }
}
