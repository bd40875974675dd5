/** What defenses do to the finished student: their steps follow the distillation’s, one defense after the other. */
import type { InnerStepListener } from '../families/distillation/innerSteps'
import { metricsOfMember } from '../families/distillation/stepOutputs'
import type { ActiveDefense, DistillationContext, StepMetrics, Synthesizer } from '../families/distillation/types'

export interface Afterwards {
  /** Steps of all defenses together. */
  readonly steps: number
  /** The step with this index, counted from the distillation’s end. */
  step(index: number, measure: boolean, innerStep?: InnerStepListener): Promise<StepMetrics>
}

export function createAfterwards(input: {
  readonly context: DistillationContext
  readonly synthesizer: Synthesizer
  readonly defenses: readonly ActiveDefense[]
  readonly totalPseudoBatches: number
}): Afterwards {
  const { context, synthesizer, defenses, totalPseudoBatches } = input
  let first = 0
  const works = defenses.flatMap((defense) => {
    const begin = first
    const work = defense.afterDistillation?.({
      ...context,
      async pseudoBatch(position) {
        const index = totalPseudoBatches + begin + position.index
        const late = { ...position, index, total: totalPseudoBatches, measure: false }
        await synthesizer.step(late)
        return synthesizer.sample(late)
      },
    })
    if (!work) return []
    first += work.steps
    return [{ id: defense.id, begin, work }]
  })
  return {
    steps: first,
    async step(index, measure, innerStep) {
      const entry = works.find(({ begin, work }) => index >= begin && index < begin + work.steps)
      if (!entry) throw new Error(`No defense has a step ${index} after the distillation.`)
      const { id, begin, work } = entry
      const position = { index: index - begin, total: work.steps, measure, ...(innerStep ? { innerStep } : {}) }
      return metricsOfMember(id, await work.step(position))
    },
  }
}
