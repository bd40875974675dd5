/** Whether the penalty is on: at once, or when the selection test has found an ensemble; part of every checkpoint. */
import type * as tf from '@tensorflow/tfjs-core'
import type { Position, StepMetrics } from '../../distillation/types'
import type { DefenseContext } from '../types'
import type { SuspectMeasure } from './measure'
import type { VaccineParameters } from './parameters'
import type { SuspectReport } from './report'
import { selectShuffles, type SelectionPool } from './selection'

export interface Decision {
  /** Whether the selection has ended, or none is asked for. */
  readonly made: boolean
  /** Of the penalty, in force after the step. */
  readonly coefficient: number
  /** After each step of a synthesis call that takes many. */
  afterSynthesisStep(images: () => tf.Tensor4D): void
  /** What the pseudo batch with this index brings: pooled images, the selection, the coefficient in force. */
  follow(images: tf.Tensor4D, position: Pick<Position, 'index' | 'measure'>): StepMetrics
  /** Ends a selection that comes too late, with a warning. */
  giveUp(): void
}

export interface DecisionParts {
  readonly pool: SelectionPool
  readonly measure: SuspectMeasure
  readonly report: SuspectReport
  /** Draws the ensemble anew. */
  reshuffle(): void
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export function createDecision(
  values: VaccineParameters,
  { state, tell, methodTotal }: Pick<DefenseContext, 'state' | 'tell' | 'methodTotal'>,
  { pool, measure, report, reshuffle }: DecisionParts,
): Decision {
  let made = values.testBatches === 0
  let coefficient = made ? values.coefficient : 0
  /** Synthesis steps so far, where a pseudo batch is made of many; null until one was seen. */
  let synthesisSteps: number | null = null
  state.addPlain('shufflingVaccine', {
    read: () => ({ decided: made, coefficient, synthesisSteps, ...report.read() }),
    write: (saved) => {
      made = saved.decided === true || values.testBatches === 0
      // What was decided is kept; the weight is this student's own, which may go on from another one's checkpoint.
      const accepted = values.testBatches === 0 || Number(saved.coefficient ?? 0) > 0
      coefficient = made && accepted ? values.coefficient : 0
      synthesisSteps = typeof saved.synthesisSteps === 'number' ? saved.synthesisSteps : null
      report.write(saved)
    },
  })
  const warn = (message: string): void => tell({ type: 'warning', message: `Shuffling Vaccine${message}` })
  const when = (): string =>
    `after ${values.testBatches} ${synthesisSteps === null ? 'pseudo batches' : 'synthesis steps'}`

  const select = (step: number): StepMetrics => {
    made = true
    if (pool.size === 0) {
      warn(
        ` pooled no image before its selection test ${when()}: the penalty stays off, this student is not defended by it.`,
      )
      return { 'sv.coefficient': coefficient }
    }
    const { accepted, ratio, best } = selectShuffles(values, {
      pooledKl: () => pool.map((images) => measure(images).kl),
      reshuffle() {
        reshuffle()
        report.drawn(step)
      },
      onTrial: (_trial, kl, test) => report.judged(step, kl, test.accepted),
    })
    pool.empty()
    if (accepted) coefficient = values.coefficient
    else
      warn(
        ` found no ensemble in ${values.trials} trials: the highest tail ratio was ${percent(best)}, accepted is more than ${percent(values.tailRatio)}. The penalty stays off, this student is not defended by it.`,
      )
    return { 'sv.tailRatio': ratio, 'sv.coefficient': coefficient }
  }

  return {
    get made() {
      return made
    },
    get coefficient() {
      return coefficient
    },
    afterSynthesisStep(images) {
      if (made) return
      const index = synthesisSteps ?? 0
      synthesisSteps = index + 1
      if (!pool.takes(index)) return
      const own = images()
      pool.add(own, index)
      own.dispose()
    },
    follow(images, { index, measure: wanted }) {
      const current = wanted ? { 'sv.coefficient': coefficient } : {}
      if (made) return current
      if (synthesisSteps === null) pool.add(images, index)
      return (synthesisSteps ?? index + 1) < values.testBatches ? current : select(index + 1)
    },
    giveUp() {
      made = true
      warn(
        `’s selection test was to come ${when()}, but the distillation has only ${synthesisSteps ?? methodTotal}: the penalty was off throughout.`,
      )
    },
  }
}
