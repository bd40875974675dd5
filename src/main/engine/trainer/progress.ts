/** How far a stage is and how fast it goes, told a few times a second. */
import type { StageActivity } from '../../../shared/domain'
import type { TrainerReport } from '../protocol/messages'

const rateWindow = 20
const tellEveryMilliseconds = 200

/** Seconds of the last steps; evaluation and checkpoints are not counted. */
export interface StepRate {
  add(seconds: number): void
  imagesPerSecond(): number
  /** 0 before the first step. */
  secondsPerStep(): number
}

export function createStepRate(imagesPerStep: number): StepRate {
  const times: number[] = []
  const total = (): number => times.reduce((sum, time) => sum + time, 0)
  return {
    add(seconds) {
      times.push(seconds)
      if (times.length > rateWindow) times.shift()
    },
    imagesPerSecond: () => (imagesPerStep * times.length) / (total() + 1e-9),
    secondsPerStep: () => total() / Math.max(1, times.length),
  }
}

/** Where a stage is, at the moment of telling. */
export interface StagePosition {
  readonly step: number
  readonly totalSteps: number
  /** Working seconds so far, and of the step that is being done. */
  readonly seconds: number
  readonly secondsInStep: number
}

export interface ProgressTeller {
  /** At most five times a second. */
  tell(): void
  /** At once; `activity`: inside a step. */
  tellNow(activity?: StageActivity): void
}

export function createProgressTeller(input: {
  readonly position: () => StagePosition
  readonly rate: StepRate
  readonly report: (report: TrainerReport) => void
}): ProgressTeller {
  let last = -Infinity
  const tellNow = (activity?: StageActivity): void => {
    last = performance.now()
    const { step, totalSteps, seconds, secondsInStep } = input.position()
    const perStep = input.rate.secondsPerStep()
    const spent = activity ? Math.min(perStep, secondsInStep) : 0
    input.report({
      type: 'progress',
      step,
      totalSteps,
      seconds,
      secondsLeft: perStep > 0 ? perStep * (totalSteps - step) - spent : null,
      ...(activity ? { activity } : {}),
    })
  }
  return {
    tellNow,
    tell() {
      if (performance.now() - last >= tellEveryMilliseconds) tellNow()
    },
  }
}
