/** Distillation of one student: synthesizer, student trainer and defenses in one loop over pseudo batches. */
import { join } from 'node:path'
import type { Recording } from '../../../shared/domain'
import type {
  ActiveDefense,
  DistillationContext,
  StageRemark,
  StudentTrainer,
  Synthesizer,
} from '../families/distillation/types'
import { keptCheckpoints } from '../protocol/checkpointFiles'
import { weightsOf } from '../weights/network'
import { writeSafetensors } from '../weights/safetensors/write'
import { createAfterwards } from './afterwards'
import { createStageAnalyses, type StageAnalyses, type WorkRemark } from './analyses'
import { createDistillationSteps } from './distillationSteps'
import { createEvaluator, type TestSets } from './evaluation'
import { createImageModel } from './imageModel'
import type { PhaseClock } from './phaseClock'
import type { StageWork } from './stageWork'
import { createSyntheticView, imageSetOf } from './syntheticImages'

export interface StudentStageInput {
  readonly context: DistillationContext
  readonly synthesizer: Synthesizer
  readonly trainer: StudentTrainer
  readonly defenses: readonly ActiveDefense[]
  /** What the defenses have told and nobody has read; emptied by reading. */
  readonly remarks: StageRemark[]
  readonly totalPseudoBatches: number
  readonly recording: Recording
  readonly test: TestSets
  readonly classNames: readonly string[]
  readonly folder: string
  /** Steps at which a later student goes on from this one. */
  readonly branchesAt: ReadonlySet<number>
  /** What analyses take counts for itself. */
  readonly clock: PhaseClock
}

function analysesOf({ context, test, classNames }: StudentStageInput): StageAnalyses {
  const { program, normalization } = context
  const model = createImageModel(program, 'analyseStudent', context.student, normalization)
  const teacher = createImageModel(program, 'analyseTeacher', context.teacher, normalization)
  return createStageAnalyses({
    classNames,
    target: test.target,
    materials: {
      model: () => model,
      teacher: () => teacher,
      testImages: () => test,
    },
  })
}

/** After which steps images are kept: every so many, the first and the last of the distillation. */
const keepsImages =
  ({ imagesEvery }: Recording, total: number) =>
  (stepsDone: number): boolean =>
    stepsDone > 0 && stepsDone <= total && (stepsDone % imagesEvery === 0 || stepsDone === 1 || stepsDone === total)

export function createStudentStage(input: StudentStageInput): StageWork {
  const { context, trainer, recording, totalPseudoBatches, clock } = input
  const { program, state, student, normalization } = context
  const afterwards = createAfterwards(input)
  const evaluate = createEvaluator({
    program,
    name: 'evaluateStudent',
    classifier: student,
    normalization,
    sets: input.test,
  })
  const distillation = createDistillationSteps(input)
  const view = createSyntheticView(context, input.defenses, recording.imagesPerStep)
  const measured = analysesOf(input)
  const own: WorkRemark[] = []
  /** The student as the distillation leaves it is worth a look where a defense goes on with it. */
  const endsDistillation = (stepsDone: number): boolean => afterwards.steps > 0 && stepsDone === totalPseudoBatches
  return {
    totalSteps: totalPseudoBatches + afterwards.steps,
    state,
    program,
    measureEvery: recording.metricsEvery,
    imagesPerStep: trainer.imagesPerStep,
    evaluate() {
      const { evaluation, predictions } = evaluate()
      own.push(...clock.within('analyses', () => measured.measure('evaluation', { predictions: () => predictions })))
      return evaluation
    },
    evaluateAfter: (stepsDone) => stepsDone % recording.evaluateEvery === 0 || endsDistillation(stepsDone),
    imagesAfter: keepsImages(recording, totalPseudoBatches),
    remarks: () => [...input.remarks.splice(0).flatMap((remark) => measured.told(remark)), ...own.splice(0)],
    conclude(outcome) {
      if (outcome !== 'done') return
      const batch = distillation.latest()
      own.push(...measured.measure('end', batch ? { syntheticImages: () => imageSetOf(batch, normalization) } : {}))
    },
    keepsCheckpoint: keptCheckpoints(recording, totalPseudoBatches, input.branchesAt),
    step: (index, measure, innerStep) =>
      index >= totalPseudoBatches
        ? afterwards.step(index - totalPseudoBatches, measure, innerStep)
        : distillation.step(index, measure, innerStep),
    images(stepsDone) {
      const batch = distillation.latest()
      if (!batch) throw new Error('Images were asked for before the first pseudo batch.')
      return view(batch, stepsDone)
    },
    async writeWeights() {
      program.readState()
      const path = join(input.folder, 'weights.safetensors')
      await writeSafetensors(path, weightsOf(student), { format: 'pt' })
      return path
    },
    dispose() {
      distillation.dispose()
      program.dispose()
    },
  }
}
