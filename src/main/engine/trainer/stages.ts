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
import { prepareData } from './data'
import type { PreparedData } from './data'
import { refuseUnfitMethod } from '../families/distillation/fit'
import type { StageWork } from './stageWork'
import { createClassifier, openClassifier } from './models'
import { branchesOf, lengthOf, startOf } from '../protocol/plans'
import type { StageFolders, TrainerJob } from '../protocol/messages'
import { createStateBundle } from './state'
import { createStudentStage } from './studentStage'
import { createTeacherStage } from './teacherStage'
import { createTestDivergences } from './testDivergences'
import type { StageStart } from '../protocol/plans'

export interface PreparedStage {
  work: StageWork
  data: PreparedData
  startFrom?: StageStart | undefined
}
type Progress = (fraction: number, message: string) => void

export const createProgram = (config: Pick<ExperimentConfig, 'execution'>): StepProgram =>
  createStepProgram({ mode: config.execution.graph ? 'graph' : 'eager' })

export async function prepareTeacherStage(
  job: Extract<TrainerJob, { kind: 'teacher' }>,
  onProgress: Progress,
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
    program: createProgram(config),
    state,
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
): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const { classifier: teacher } = await openClassifier(job.teacherWeights, data.dataset, config.teacher.architecture)
  const student = createClassifier(
    config.distillation.architecture,
    data.dataset,
    state.stream('initialStudent'),
    'distillation.architecture',
  )
  const { member: method, values } = distillationMethods.open(config.distillation.method, 'distillation.method')
  const plan = config.students[job.studentIndex] ?? { defenses: [] }
  const methodTotal = method.totalPseudoBatches(values)
  const { height, width, channels } = data.dataset.train
  const remarks: StageRemark[] = []
  const base: DefenseContext = {
    dataset: data.dataset.id,
    teacher,
    student,
    classes: data.dataset.classNames.length,
    image: { height, width, channels },
    normalization: data.normalization,
    augmentation: datasets.get(config.data.id, 'data.id').facts.augmentation,
    program: createProgram(config),
    stream: (name: string) => state.stream(name),
    state,
    methodTotal,
    testDivergences: createTestDivergences(data.test, data.normalization),
    pooled: (images) => {
      remarks.push({ type: 'pool', images })
    },
    tell: (remark) => {
      remarks.push(remark)
    },
  }
  const active = plan.defenses.map((choice, index) => {
    const { member, values } = defenses.open(choice, `students.${job.studentIndex}.defenses.${index}`)
    return member.create(values, base)
  })
  const picture = await method.loadPicture?.(values, channels)
  const context: DistillationContext = {
    ...base,
    defenses: active,
    ...(method.usesRealImages ? { realImages: data.dataset.train } : {}),
    ...(picture ? { picture } : {}),
  }
  const synthesizer = method.createSynthesizer(values, context)
  const plain = method.createStudentTrainer(values, context, synthesizer)
  const trainer = active.reduce((wrapped, defense) => defense.wrapStudentTrainer?.(wrapped, context) ?? wrapped, plain)
  const work = createStudentStage({
    context,
    synthesizer,
    trainer,
    defenses: active,
    remarks,
    totalPseudoBatches: lengthOf(plan, methodTotal).total,
    recording: config.recording,
    test: data.test,
    classNames: data.dataset.classNames,
    folder: folders.stage,
    branchesAt: branchesOf(config.students, job.studentIndex, methodTotal),
  })
  return { work, data, startFrom: startOf(config.students, job.studentIndex, methodTotal, folders.stage) }
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
