/** From a job to a stage's work: the models, the data and the program that the loop runs. */
import * as tf from '@tensorflow/tfjs-core'
import type { ExperimentConfig, MemberChoice } from '../../../shared/domain'
import { validateParameters } from '../../../shared/schema'
import { architectures } from '../architectures'
import { defenses } from '../defenses'
import { distillationMethods } from '../distillation'
import type { DistillationContext } from '../distillation/types'
import type { LoadedDataset } from '../datasets/types'
import { createStepProgram } from '../graph'
import type { StepProgram } from '../graph/types'
import { readSafetensors } from '../importers'
import type { Classifier } from '../nn/types'
import { loadWeights } from '../nn/weights'
import type { TensorFlowRuntime } from '../runtime'
import type { RandomStream } from '../random'
import { prepareData } from './data'
import type { PreparedData } from './data'
import type { StageWork } from './loop'
import type { StageFolders, TrainerJob } from './protocol'
import { createStateBundle } from './state'
import { createStudentStage } from './studentStage'
import { createTeacherStage } from './teacherStage'

export interface PreparedStage { work: StageWork; data: PreparedData }
type Progress = (fraction: number, message: string) => void

export const createProgram = (config: Pick<ExperimentConfig, 'execution'>): StepProgram =>
  createStepProgram({ mode: config.execution.graph ? 'graph' : 'eager' })

/** A classifier of a family member for a data set, initialised from `stream`. */
export function createClassifier(choice: MemberChoice, dataset: LoadedDataset, stream: RandomStream, where: string): Classifier {
  const member = architectures.get(choice.id, `${where}.id`)
  const { values } = validateParameters(member.params, choice.params, `${where}.params`)
  const { height, width, channels } = dataset.train
  return member.create(values, { classes: dataset.classNames.length, channels, height, width, stream })
}

export async function loadClassifierWeights(classifier: Classifier, file: string): Promise<void> {
  loadWeights(classifier, (await readSafetensors(file)).tensors)
}

export async function prepareTeacherStage(job: Extract<TrainerJob, { kind: 'teacher' }>, runtime: TensorFlowRuntime, onProgress: Progress): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const teacher = createClassifier(config.teacher.architecture, data.dataset, state.stream('initialTeacher'), 'teacher.architecture')
  const work = createTeacherStage({ teacher, training: config.teacher.training, data, program: createProgram(config), state, folder: folders.stage })
  return { work, data }
}

/** Every student of a run starts from the same weights and sees the same random streams, so that only the defense differs. */
export async function prepareStudentStage(job: Extract<TrainerJob, { kind: 'student' }>, runtime: TensorFlowRuntime, onProgress: Progress): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const teacher = createClassifier(config.teacher.architecture, data.dataset, state.stream('unusedTeacher'), 'teacher.architecture')
  await loadClassifierWeights(teacher, job.teacherWeights)
  const student = createClassifier(config.distillation.architecture, data.dataset, state.stream('initialStudent'), 'distillation.architecture')
  const method = distillationMethods.get(config.distillation.method.id, 'distillation.method.id')
  const { values } = validateParameters(method.params, config.distillation.method.params, 'distillation.method.params')
  const { height, width, channels } = data.dataset.train
  const base = {
    teacher, student, classes: data.dataset.classNames.length, image: { height, width, channels }, normalization: data.normalization,
    program: createProgram(config), stream: (name: string) => state.stream(name), state,
  }
  const plan = config.students[job.studentIndex]?.defenses ?? []
  const active = plan.map((choice, index) => {
    const where = `students.${job.studentIndex}.defenses.${index}`
    const member = defenses.get(choice.id, `${where}.id`)
    return member.create(validateParameters(member.params, choice.params, `${where}.params`).values, base)
  })
  const context: DistillationContext = { ...base, defenses: active }
  const synthesizer = method.createSynthesizer(values, context)
  const plain = method.createStudentTrainer(values, context)
  const trainer = active.reduce((wrapped, defense) => defense.wrapStudentTrainer?.(wrapped, context) ?? wrapped, plain)
  const work = createStudentStage({
    context, synthesizer, trainer, defenses: active, totalPseudoBatches: method.totalPseudoBatches(values),
    recording: config.recording, test: data.test, folder: folders.stage,
  })
  return { work, data }
}

/** The data stage loads (or draws) the data set and counts what the plan would poison. */
export async function runDataStage(config: ExperimentConfig, folders: StageFolders, onProgress: Progress): Promise<PreparedData> {
  return prepareData(config, folders.cache, onProgress)
}
