/** What a stage has to compute, from its members' declarations: multiply-adds, activations, calls of steps. */
import type { ExperimentConfig, MemberChoice, StageName } from '../../../../shared/domain'
import { passes } from '../../families/distillation/types'
import type { CostModel } from './costModel'

/** In passes: a pass both ways counts as three, of both. */
export interface StageWork {
  readonly multiplyAdds: number
  readonly activations: number
  /** Captured steps that are called: each has operations to begin, however small its batch. */
  readonly calls: number
}

const noWork: StageWork = { multiplyAdds: 0, activations: 0, calls: 0 }

const sumOf = (parts: readonly StageWork[]): StageWork =>
  parts.reduce(
    (sum, { multiplyAdds, activations, calls }) => ({
      multiplyAdds: sum.multiplyAdds + multiplyAdds,
      activations: sum.activations + activations,
      calls: sum.calls + calls,
    }),
    noWork,
  )

const times = ({ multiplyAdds, activations, calls }: StageWork, count: number): StageWork => ({
  multiplyAdds: multiplyAdds * count,
  activations: activations * count,
  calls: calls * count,
})

/** Of a network that cannot be made as it is described. */
const fallback: StageWork = { multiplyAdds: 50e6, activations: 125e3, calls: 0 }
/** Of networks that say no activations, ONNX graphs: multiply-adds for each, about that of a WRN-16-2. */
const multiplyAddsPerActivation = 400
/** Clean and triggered. */
const testSets = 2

/** A forward pass of one image. */
export function forwardWork(costs: CostModel, architecture: MemberChoice, data: MemberChoice): StageWork {
  const { multiplyAdds, activations } = costs.sizes(architecture, data)
  if (multiplyAdds === undefined) return fallback
  return { multiplyAdds, activations: activations ?? multiplyAdds / multiplyAddsPerActivation, calls: 0 }
}

export function workOfStage(config: ExperimentConfig, stage: StageName, costs: CostModel): StageWork {
  if (stage.kind === 'data') return noWork
  const teacher = forwardWork(costs, config.teacher.architecture, config.data)
  const { train, test } = costs.images(config.data)
  if (stage.kind === 'student') return studentWork(config, stage.index, costs)
  if (config.teacher.source === 'file') return times(teacher, test * testSets)
  const { epochs, batchSize } = config.teacher.training
  const steps = { ...noWork, calls: Math.ceil(train / batchSize) }
  return times(sumOf([times(teacher, train * passes.training + test * testSets), steps]), epochs)
}

/** What a student goes through by itself: pseudo batches, and what defenses do to it afterwards. */
function courseOf(config: ExperimentConfig, index: number, costs: CostModel) {
  const method = costs.distillation(config)
  const { start, total } = costs.range(config.students, index, method?.pseudoBatches ?? 0)
  const afterwards = (config.students[index]?.defenses ?? []).flatMap(
    (defense) => costs.afterwards(defense, method?.held.studentImages ?? 0) ?? [],
  )
  return { start, total, afterwards }
}

/** Evaluations between two pseudo batches, the one at their end, and one more where a defense goes on from there. */
function evaluationsOf(
  { recording: { evaluateEvery } }: ExperimentConfig,
  { start, total, afterwards }: ReturnType<typeof courseOf>,
): number {
  const between = Math.floor(total / evaluateEvery) - Math.floor(start / evaluateEvery)
  return between + (total % evaluateEvery === 0 ? 0 : 1) + (afterwards.length > 0 ? 1 : 0)
}

function studentWork(config: ExperimentConfig, index: number, costs: CostModel): StageWork {
  const method = costs.distillation(config)
  if (!method) return noWork
  const teacher = forwardWork(costs, config.teacher.architecture, config.data)
  const student = forwardWork(costs, config.distillation.architecture, config.data)
  const plain = sumOf([
    times(teacher, method.teacherForwards),
    times(student, method.studentForwards),
    { multiplyAdds: method.ownMultiplyAdds, activations: method.ownActivations ?? 0, calls: method.calls ?? 1 },
  ])
  const course = courseOf(config, index, costs)
  const { start, total } = course
  const defended = (config.students[index]?.defenses ?? []).map((defense) => {
    const cost = costs.defense(defense)
    if (!cost) return noWork
    const perBatch = sumOf([
      times(
        teacher,
        method.defendedImages * cost.teacherForwardsPerGeneratorImage +
          method.studentImages * cost.teacherForwardsPerStudentImage,
      ),
      times(student, method.studentImages * cost.studentForwardsPerStudentImage),
    ])
    return times(perBatch, total - Math.max(start, costs.actsFrom(defense, method.pseudoBatches)))
  })
  const afterwards = course.afterwards.map(({ pseudoBatches, studentForwards, teacherForwards }) =>
    sumOf([times(plain, pseudoBatches), times(student, studentForwards), times(teacher, teacherForwards)]),
  )
  const evaluations = evaluationsOf(config, course) * costs.images(config.data).test * testSets
  return sumOf([times(plain, total - start), times(student, evaluations), ...defended, ...afterwards])
}

/** Of one step of a stage that trains, on average, evaluations left out. */
export function workOfStep(config: ExperimentConfig, stage: StageName, costs: CostModel): StageWork {
  const { teacher, distillation, data } = config
  const isTeacher = stage.kind === 'teacher'
  const { train, test } = costs.images(data)
  const { epochs, batchSize } = teacher.training
  const course = courseOf(config, stage.index, costs)
  const evaluations = isTeacher ? epochs : evaluationsOf(config, course)
  const ownSteps = course.afterwards.reduce((sum, { steps }) => sum + steps, course.total - course.start)
  const steps = isTeacher ? (epochs * train) / batchSize : ownSteps
  const evaluated = forwardWork(costs, (isTeacher ? teacher : distillation).architecture, data)
  const whole = sumOf([workOfStage(config, stage, costs), times(evaluated, -evaluations * test * testSets)])
  return times(whole, 1 / Math.max(1, steps))
}
