/**
 * How long an experiment will take: multiply-adds over what this machine does per second, corrected by what earlier
 * runs took.
 */
import type { TimeEstimate } from '../../../../shared/contract'
import type {
  ExperimentConfig,
  MemberChoice,
  RunState,
  RunSummary,
  StageName,
  StudentPlan,
} from '../../../../shared/domain'
import type { Issue, MemberIssue, ParameterFault } from '../../../../shared/schema'
import type { Level } from '../../families/architectures'
import type { DefensePhase } from '../../families/defenses/types'
import type { MethodWork } from '../../families/distillation/types'
import type { PlannedLength } from '../../protocol/plans'
import { stagesOf } from './stages'

/** Costs of members, from their declarations; a number that is not known is undefined. */
export interface CostModel {
  /** Multiply-adds of one image's forward pass. */
  forward(architecture: MemberChoice, data: MemberChoice): number | undefined
  /** Why a network cannot be made with these parameters for images of this shape; null when it can. */
  refusal(architecture: MemberChoice, data: MemberChoice): string | null
  /** Sizes of the activations that attention transfer compares; undefined where no such network can be made. */
  levels(architecture: MemberChoice, data: MemberChoice): readonly Level[] | undefined
  /**
   * What of a method's parameters does not go together, or not with the data's images as far as their size is known.
   */
  faults(method: MemberChoice, data: MemberChoice): readonly ParameterFault[]
  /** What the chosen members say of their own values beside the rest of the experiment. */
  memberIssues(config: ExperimentConfig): readonly Issue[]
  /** When a defense acts, and the student that it continues; undefined where it acts from the first pseudo batch on. */
  phase(defense: MemberChoice, pseudoBatches: number): DefensePhase | undefined
  /** What keeps a defense from joining a student after so many pseudo batches without it. */
  joins(defense: MemberChoice, pseudoBatches: number): readonly MemberIssue[]
  /** The method's work per pseudo batch, and how many of them there are. */
  distillation(config: Pick<ExperimentConfig, 'data' | 'teacher' | 'distillation'>): MethodCost | undefined
  defense(defense: MemberChoice):
    | {
        teacherForwardsPerGeneratorImage: number
        studentForwardsPerStudentImage: number
        teacherForwardsPerStudentImage: number
      }
    | undefined
  /** How long a student trains, and the student that it equals until its late defenses act. */
  length(plan: StudentPlan, pseudoBatches: number): PlannedLength
  /** The pseudo batch from which a defense acts: 0, or later where it acts late. */
  actsFrom(defense: MemberChoice, pseudoBatches: number): number
  /**
   * Which pseudo batches a student is trained on itself: it may go on from another student, and beyond the method's
   * end.
   */
  range(students: readonly StudentPlan[], index: number, pseudoBatches: number): { start: number; total: number }
  images(data: MemberChoice): { train: number; test: number }
  /** Training images of each class, where that is known before they are read. */
  trainPerClass(data: MemberChoice): readonly number[] | undefined
  /** Trainable scalars of a network, and bytes of one image; what is not known is left out. */
  sizes(architecture: MemberChoice, data: MemberChoice): { parameters?: number; imageBytes?: number }
}

export interface MethodCost extends MethodWork {
  readonly pseudoBatches: number
}

/** An earlier stage that ran to its end on this machine. */
export interface FinishedStage extends StageName {
  config: ExperimentConfig
  seconds: number
}

/**
 * Multiply-adds per second and thread: what a student step of WRN-16-1 with batch 128 reaches on two cores, see
 * docs/benchmarks.md.
 */
const ratePerThread = 36e9
const fallbackForward = 50e6
/** Backward costs about twice the forward pass. */
const trainingPasses = 3
/** Clean and triggered. */
const testSets = 2
/** Start of TensorFlow, recording of the graphs. */
const overheadSeconds = 4

export function stageOperations(config: ExperimentConfig, stage: StageName, costs: CostModel): number {
  const teacher = costs.forward(config.teacher.architecture, config.data) ?? fallbackForward
  if (stage.kind === 'data') return 0
  if (stage.kind === 'teacher') {
    if (config.teacher.source === 'file') return costs.images(config.data).test * testSets * teacher
    const { train, test } = costs.images(config.data)
    return config.teacher.training.epochs * teacher * (train * trainingPasses + test * testSets)
  }
  return studentOperations(config, stage.index, teacher, costs)
}

function studentOperations(config: ExperimentConfig, index: number, teacher: number, costs: CostModel): number {
  const student = costs.forward(config.distillation.architecture, config.data) ?? fallbackForward
  const method = costs.distillation(config)
  if (!method) return 0
  const plain = method.teacherForwards * teacher + method.studentForwards * student + method.ownMultiplyAdds
  const { start, total } = costs.range(config.students, index, method.pseudoBatches)
  const { evaluateEvery } = config.recording
  const evaluations =
    Math.floor(total / evaluateEvery) - Math.floor(start / evaluateEvery) + (total % evaluateEvery === 0 ? 0 : 1)
  const extra = (config.students[index]?.defenses ?? []).map((defense) => {
    const cost = costs.defense(defense)
    if (!cost) return 0
    const perBatch =
      method.defendedImages * cost.teacherForwardsPerGeneratorImage * teacher +
      method.studentImages *
        (cost.teacherForwardsPerStudentImage * teacher + cost.studentForwardsPerStudentImage * student)
    return perBatch * (total - Math.max(start, costs.actsFrom(defense, method.pseudoBatches)))
  })
  return (
    plain * (total - start) +
    evaluations * costs.images(config.data).test * testSets * student +
    extra.reduce((sum, operations) => sum + operations, 0)
  )
}

const median = (values: number[]): number =>
  values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN

const sameShape = (left: ExperimentConfig, right: ExperimentConfig): boolean =>
  left.data.id === right.data.id &&
  JSON.stringify(left.teacher.architecture) === JSON.stringify(right.teacher.architecture) &&
  JSON.stringify(left.distillation.architecture) === JSON.stringify(right.distillation.architecture) &&
  left.distillation.method.id === right.distillation.method.id &&
  left.execution.device === right.execution.device

/** How long an experiment takes, whatever of it is there already. */
export type WorkTime = Pick<TimeEstimate, 'stages' | 'totalSeconds' | 'basis' | 'note'>

export function estimateTime(
  config: ExperimentConfig,
  costs: CostModel,
  finished: readonly FinishedStage[],
  threads: number,
): WorkTime {
  const calculated = (target: ExperimentConfig, stage: StageName): number =>
    overheadSeconds + stageOperations(target, stage, costs) / (ratePerThread * Math.max(1, threads))
  const ratio = (entry: FinishedStage): number => entry.seconds / calculated(entry.config, entry)
  let measured = 0
  const trained = stagesOf(config).filter((stage) => stage.kind !== 'data')
  const stages = Object.fromEntries(
    stagesOf(config).map((stage) => {
      const base = stage.kind === 'data' ? 2 : calculated(config, stage)
      const alike = finished.filter((entry) => entry.kind === stage.kind && sameShape(entry.config, config))
      const others = alike.length > 0 ? alike : finished.filter((entry) => entry.kind === stage.kind)
      if (alike.length > 0 && stage.kind !== 'data') measured += 1
      const factor = stage.kind === 'data' || others.length === 0 ? 1 : median(others.slice(0, 5).map(ratio))
      return [stage.id, base * factor]
    }),
  )
  const basis = measured === trained.length && measured > 0 ? 'measured' : 'calculated'
  return {
    stages,
    basis,
    totalSeconds: Object.values(stages).reduce((sum, seconds) => sum + seconds, 0),
    note:
      basis === 'measured'
        ? 'Scaled from earlier runs of the same networks on this machine.'
        : `Calculated from multiply-adds at ${Math.round((ratePerThread * threads) / 1e9)} billion a second${finished.length > 0 ? ', corrected by earlier runs' : ''}; read it within a factor of three until a run like this has finished here.${config.execution.device === 'cpu' ? '' : ' The figure is for the CPU; a GPU takes a fraction of it.'}`,
  }
}

const runsLookedAt = 20

/** What is read of earlier runs; of the store's runs only the newest are looked at. */
export interface EarlierRuns {
  /** Newest first. */
  ids(states: readonly RunState[]): readonly string[]
  own(id: string): Pick<RunSummary, 'deletedAt'>
  peek(id: string): Pick<RunSummary, 'stages'>
}

/** The finished stages of the newest runs, newest first. */
export function finishedStages(runs: EarlierRuns, configOf: (runId: string) => ExperimentConfig): FinishedStage[] {
  return runs
    .ids(['done'])
    .filter((id) => runs.own(id).deletedAt === null)
    .slice(0, runsLookedAt)
    .flatMap((id) => {
      try {
        const config = configOf(id)
        return runs
          .peek(id)
          .stages.filter((stage) => stage.state === 'done' && stage.seconds > 0)
          .map(({ kind, index, seconds }) => ({ kind, config, index, seconds }))
      } catch {
        return []
      }
    })
}
