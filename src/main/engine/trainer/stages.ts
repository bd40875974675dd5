/** From a job to a stage's work: the models, the data and the program that the loop runs. */
import * as tf from '@tensorflow/tfjs-core'
import type { ExperimentConfig } from '../../../shared/domain'
import { datasets } from '../families/datasets'
import { defenses } from '../families/defenses'
import type { DefenseContext } from '../families/defenses/types'
import { distillationMethods } from '../families/distillation'
import type { DistillationContext, StageRemark } from '../families/distillation/types'
import { createStepProgram } from '../graph'
import type { StepProgram } from '../graph/types'
import { prepareData, type PreparedData } from './data'
import { refuseUnfitMethod } from '../families/distillation/fit'
import type { StageWork } from './stageWork'
import { createClassifier, openClassifier } from './models'
import { lengthOf, type StageStart } from '../protocol/plans'
import type { StageFolders, TrainerJob } from '../protocol/messages'
import type { StateBundle } from '../families/distillation/state'
import type { Classifier } from '../maths/nn/types'
import { createStateBundle } from './state'
import { createStudentStage } from './studentStage'
import { createTeacherStage } from './teacherStage'
import { createPhaseClock, type PhaseClock } from './phaseClock'
import { timedProgram } from './timedProgram'
import { createTestDivergences } from './testDivergences'

export interface PreparedStage {
  work: StageWork
  data: PreparedData
  startFrom?: StageStart | undefined
}
type Progress = (fraction: number, message: string) => void

export const createProgram = (
  { execution: { graph, precision } }: Pick<ExperimentConfig, 'execution'>,
  clock: PhaseClock = createPhaseClock(),
): StepProgram => timedProgram(createStepProgram({ mode: graph ? 'graph' : 'eager', precision }), clock)

export async function prepareTeacherStage(
  job: Extract<TrainerJob, { kind: 'teacher' }>,
  onProgress: Progress,
  clock = createPhaseClock(),
): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const teacher = createClassifier(
    config.teacher.architecture,
    data.dataset,
    state.stream('initialTeacher'),
    'teacher.architecture',
  )
  const work = createTeacherStage({
    teacher,
    training: config.teacher.training,
    data,
    program: createProgram(config, clock),
    state,
    clock,
    folder: folders.stage,
  })
  return { work, data }
}

/**
 * Every student of a run starts from the same weights and sees the same random streams, so that only the defense
 * differs.
 */
export async function prepareStudentStage(
  job: Extract<TrainerJob, { kind: 'student' }>,
  onProgress: Progress,
  clock = createPhaseClock(),
): Promise<PreparedStage> {
  const { config, folders, studentIndex } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const models = await openModels(job, data, state)
  const { member: method, values } = distillationMethods.open(config.distillation.method, 'distillation.method')
  const plan = config.students[studentIndex] ?? { defenses: [] }
  const methodTotal = method.totalPseudoBatches(values)
  const remarks: StageRemark[] = []
  const program = createProgram(config, clock)
  const base = defenseContext({ config, program, data, state, models, methodTotal, remarks })
  const active = plan.defenses.map((choice, index) => {
    const { member, values } = defenses.open(choice, `students.${studentIndex}.defenses.${index}`)
    return member.create(values, { ...base, ...(member.privileged ? { cleanImages: () => data.cleanImages() } : {}) })
  })
  const picture = await method.loadPicture?.(values, data.dataset.train.channels)
  const context: DistillationContext = {
    ...base,
    defenses: active,
    ...(method.usesRealImages ? { realImages: data.dataset.train } : {}),
    ...(picture ? { picture } : {}),
  }
  const synthesizer = method.createSynthesizer(values, context)
  const plain = method.createStudentTrainer(values, context, synthesizer)
  const work = createStudentStage({
    context,
    synthesizer,
    trainer: active.reduce((wrapped, defense) => defense.wrapStudentTrainer?.(wrapped, context) ?? wrapped, plain),
    defenses: active,
    remarks,
    totalPseudoBatches: lengthOf(plan, methodTotal).total,
    recording: config.recording,
    test: data.test,
    classNames: data.dataset.classNames,
    folder: folders.stage,
    branchesAt: new Set(job.branchesAt ?? []),
    clock,
  })
  return { work, data, startFrom: job.startFrom }
}

interface Models {
  readonly teacher: Classifier
  readonly student: Classifier
}

async function openModels(
  { config, teacherWeights }: Extract<TrainerJob, { kind: 'student' }>,
  { dataset }: PreparedData,
  state: StateBundle,
): Promise<Models> {
  const { classifier: teacher } = await openClassifier(teacherWeights, dataset, {
    architecture: config.teacher.architecture,
  })
  const { architecture } = config.distillation
  const initial = state.stream('initialStudent')
  return { teacher, student: createClassifier(architecture, dataset, initial, 'distillation.architecture') }
}

/** What defenses, synthesizer and student trainer are made from; what they say goes into `remarks`. */
function defenseContext(input: {
  readonly config: ExperimentConfig
  readonly program: StepProgram
  readonly data: PreparedData
  readonly state: StateBundle
  readonly models: Models
  readonly methodTotal: number
  readonly remarks: StageRemark[]
}): DefenseContext {
  const { config, program, data, state, models, methodTotal, remarks } = input
  const { dataset, normalization } = data
  const { height, width, channels } = dataset.train
  return {
    ...models,
    dataset: dataset.id,
    classes: dataset.classNames.length,
    image: { height, width, channels },
    normalization,
    augmentation: datasets.get(config.data.id, 'data.id').facts.augmentation,
    program,
    stream: (name) => state.stream(name),
    state,
    methodTotal,
    testDivergences: createTestDivergences(data.test, normalization),
    pooled: (images) => {
      remarks.push({ type: 'pool', images })
    },
    tell: (remark) => {
      remarks.push(remark)
    },
  }
}

/**
 * The data stage loads (or draws) the data set, counts what the plan would poison, and refuses what the method could
 * not use after the teacher.
 */
export async function runDataStage(
  config: ExperimentConfig,
  folders: StageFolders,
  onProgress: Progress,
): Promise<PreparedData> {
  const data = await prepareData(config, folders.cache, onProgress)
  if (config.students.length > 0) await refuseUnfitMethod(config.distillation.method, data.dataset.train)
  return data
}
