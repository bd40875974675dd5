/** What the stages of an experiment hold in memory at most, about: of the machine on a CPU, of the card on a GPU. */
import { medianOf, precisionOf, type ExperimentConfig, type Precision, type StageName } from '../../../../shared/domain'
import type { CostModel } from './costModel'
import { sameShape, studentsAtOnce, type FinishedStage } from './estimate'
import { stagesOf } from './stages'
import { forwardWork } from './stageWork'

const bytesPerScalar = 4
/** Mixed precision keeps activations, and what is derived from them, in bfloat16. */
const bytesPerActivation: Readonly<Record<Precision, number>> = { float32: 4, tf32: 4, mixed: 2 }
/** Beside activations, what is derived from them: norms, their gradients, what convolutions put in another order. */
const copiesOfActivations = 1.5
/** Of a network that trains: weights, gradients, two moments, and what is on its way. */
const copiesOfWeights = 5
/** A process with TensorFlow in it; on a card the driver's context, its libraries and their workspace. */
export const baseBytes = { cpu: 640 * 2 ** 20, gpu: 700 * 2 ** 20 } as const
/** Images of an evaluation's batch, whose activations live a layer or two. */
const evaluationBatch = { cpu: 100, gpu: 1000 } as const
const layersAtOnce = 0.15
/** Images as read, poisoned and triggered: nothing of them is on the card. */
const imageCopies = 3

export interface MemoryRequest {
  readonly costs: CostModel
  readonly device: 'cpu' | 'gpu'
  /** Stages that ran to their end on this machine, newest first; what they held corrects what is calculated. */
  readonly finished?: readonly FinishedStage[]
}

/** The most that a stage holds, in bytes; 0 for one that computes nothing. */
export function memoryOfStage(config: ExperimentConfig, stage: StageName, { costs, device }: MemoryRequest): number {
  if (stage.kind === 'data') return 0
  const { data, teacher, distillation } = config
  const activations =
    stage.kind === 'teacher' ? heldByTeacher(config, costs, device) : heldByStudent(config, stage.index, costs)
  const networks = [teacher.architecture, ...(stage.kind === 'student' ? [distillation.architecture] : [])]
  const weights = networks.reduce((sum, network) => sum + (costs.sizes(network, data).parameters ?? 0), 0)
  const { train, test, assumed } = costs.images(data)
  const images =
    device === 'gpu' || assumed ? 0 : (train + test) * (costs.sizes(teacher.architecture, data).imageBytes ?? 0)
  return (
    baseBytes[device] +
    bytesPerActivation[precisionOf(config)] * copiesOfActivations * activations +
    bytesPerScalar * copiesOfWeights * weights +
    imageCopies * images
  )
}

function heldByTeacher({ teacher, data }: ExperimentConfig, costs: CostModel, device: 'cpu' | 'gpu'): number {
  const { activations } = forwardWork(costs, teacher.architecture, data)
  const evaluated = layersAtOnce * evaluationBatch[device]
  return activations * (teacher.source === 'file' ? evaluated : Math.max(teacher.training.batchSize, evaluated))
}

function heldByStudent(config: ExperimentConfig, index: number, costs: CostModel): number {
  const held = costs.distillation(config)?.held
  if (!held) return 0
  const teacher = forwardWork(costs, config.teacher.architecture, config.data).activations
  const student = forwardWork(costs, config.distillation.architecture, config.data).activations
  const plan = config.students[index]?.defenses ?? []
  const defenses = plan.flatMap((defense) => costs.defense(defense) ?? [])
  const afterwards = plan.flatMap((defense) => costs.afterwards(defense, held.studentImages) ?? [])
  const added = (name: 'heldTeachers' | 'heldStudents'): number =>
    defenses.reduce((most, cost) => Math.max(most, cost[name] ?? 0), 0)
  const distilling =
    teacher * held.teacherImages * (1 + added('heldTeachers')) +
    student * held.studentImages * (1 + added('heldStudents')) +
    held.ownActivations
  return Math.max(distilling, ...afterwards.map(({ heldStudentImages }) => student * heldStudentImages))
}

/** What stages of the same kind and shape held, against what is calculated of them; 1 where there are none. */
function learnt(config: ExperimentConfig, stage: StageName, request: MemoryRequest): number {
  const { finished = [], device } = request
  const ratios = finished
    .filter((entry) => device === 'cpu' && entry.kind === stage.kind && sameShape(entry.config, config))
    .flatMap((entry) =>
      entry.peakBytes === undefined ? [] : [entry.peakBytes / memoryOfStage(entry.config, entry, request)],
    )
  return ratios.length === 0 ? 1 : medianOf(ratios.slice(0, 5))
}

export interface MemoryEstimate {
  /** Bytes by stage id. */
  readonly stages: Readonly<Record<string, number>>
  /** Of the stages that are at work at a time: the largest, or as many students as train side by side. */
  readonly bytes: number
}

export function memoryEstimate(config: ExperimentConfig, request: MemoryRequest): MemoryEstimate {
  const stages = Object.fromEntries(
    stagesOf(config).map((stage) => [
      stage.id,
      Math.round(memoryOfStage(config, stage, request) * learnt(config, stage, request)),
    ]),
  )
  return { stages, bytes: Math.max(0, ...Object.values(stages), besideOneAnother(config, stages, request)) }
}

/** Of the largest students, as many as train at once. */
function besideOneAnother(
  config: ExperimentConfig,
  stages: Readonly<Record<string, number>>,
  { device, costs }: MemoryRequest,
): number {
  const students = stagesOf(config).filter(({ kind }) => kind === 'student')
  return students
    .map(({ id }) => stages[id] ?? 0)
    .sort((left, right) => right - left)
    .slice(0, studentsAtOnce(config, costs, device))
    .reduce((sum, bytes) => sum + bytes, 0)
}
