/** From a job to a stage's work: the models, the data and the program that the loop runs. */
import { dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import type { ExperimentConfig, MemberChoice, StudentPlan } from '../../../shared/domain'
import { validateParameters } from '../../../shared/schema'
import { datasets } from '../datasets'
import { defenses } from '../defenses'
import type { DefenseContext } from '../defenses/types'
import { distillationMethods } from '../distillation'
import type { DistillationContext, StageRemark } from '../distillation/types'
import { createStepProgram } from '../graph'
import type { StepProgram } from '../graph/types'
import { prepareData } from './data'
import type { PreparedData } from './data'
import type { LoopOptions, StageWork } from './loop'
import { createClassifier, openClassifier } from './models'
import type { StageFolders, TrainerJob } from './protocol'
import { createStateBundle } from './state'
import { createStudentStage } from './studentStage'
import { createTeacherStage } from './teacherStage'
import { createTestDivergences } from './testDivergences'

export interface PreparedStage { work: StageWork; data: PreparedData; startFrom?: LoopOptions['startFrom'] }
type Progress = (fraction: number, message: string) => void

export const createProgram = (config: Pick<ExperimentConfig, 'execution'>): StepProgram =>
  createStepProgram({ mode: config.execution.graph ? 'graph' : 'eager' })

export async function prepareTeacherStage(job: Extract<TrainerJob, { kind: 'teacher' }>, onProgress: Progress): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const teacher = createClassifier(config.teacher.architecture, data.dataset, state.stream('initialTeacher'), 'teacher.architecture')
  const work = createTeacherStage({ teacher, training: config.teacher.training, data, program: createProgram(config), state, folder: folders.stage })
  return { work, data }
}

/** When the defenses of a plan act, and how long the distillation gets with them. */
interface PlannedLength { methodTotal: number; total: number; /** The student equals one without these defenses until here. */ prefix: { defenses: MemberChoice[]; steps: number } | null }

function lengthOf(plan: StudentPlan, methodTotal: number): PlannedLength {
  const phased = plan.defenses.flatMap((choice) => {
    const member = defenses.get(choice.id)
    const phase = member.phase?.(validateParameters(member.params, choice.params, 'defense').values, methodTotal)
    return phase ? [{ choice, phase }] : []
  })
  const total = Math.max(methodTotal, ...phased.map(({ phase }) => phase.total))
  if (phased.length === 0) return { methodTotal, total, prefix: null }
  const late = new Set(phased.map(({ choice }) => choice))
  return { methodTotal, total, prefix: { defenses: plan.defenses.filter((choice) => !late.has(choice)), steps: Math.min(...phased.map(({ phase }) => phase.start)) } }
}

/**
 * An earlier student of the same run whose whole distillation is this one's beginning: the defended twin goes on from its last checkpoint
 * instead of repeating it. Same seed, same streams, so the result is the one that a repetition would give.
 */
function twinOf(config: ExperimentConfig, studentIndex: number, length: PlannedLength, stageFolder: string): LoopOptions['startFrom'] {
  if (!length.prefix || length.prefix.steps !== length.methodTotal) return undefined
  const wanted = JSON.stringify(length.prefix.defenses)
  const twin = config.students.findIndex((plan, index) => index < studentIndex && JSON.stringify(plan.defenses) === wanted)
  return twin < 0 ? undefined : { folder: join(dirname(stageFolder), `student-${twin + 1}`), step: length.prefix.steps }
}

/** Every student of a run starts from the same weights and sees the same random streams, so that only the defense differs. */
export async function prepareStudentStage(job: Extract<TrainerJob, { kind: 'student' }>, onProgress: Progress): Promise<PreparedStage> {
  const { config, folders } = job
  const data = await prepareData(config, folders.cache, onProgress)
  const state = createStateBundle(config.seed, tf)
  const teacher = await openClassifier(job.teacherWeights, data.dataset, config.teacher.architecture)
  const student = createClassifier(config.distillation.architecture, data.dataset, state.stream('initialStudent'), 'distillation.architecture')
  const method = distillationMethods.get(config.distillation.method.id, 'distillation.method.id')
  const { values } = validateParameters(method.params, config.distillation.method.params, 'distillation.method.params')
  const plan = config.students[job.studentIndex] ?? { defenses: [] }
  const length = lengthOf(plan, method.totalPseudoBatches(values))
  const { height, width, channels } = data.dataset.train
  const remarks: StageRemark[] = []
  const base: DefenseContext = {
    dataset: data.dataset.id, teacher, student, classes: data.dataset.classNames.length, image: { height, width, channels }, normalization: data.normalization,
    augmentation: datasets.get(config.data.id, 'data.id').facts.augmentation,
    program: createProgram(config), stream: (name: string) => state.stream(name), state, methodTotal: length.methodTotal,
    testDivergences: createTestDivergences(data.test, data.normalization), tell: (remark) => { remarks.push(remark) },
  }
  const active = plan.defenses.map((choice, index) => {
    const where = `students.${job.studentIndex}.defenses.${index}`
    const member = defenses.get(choice.id, `${where}.id`)
    return member.create(validateParameters(member.params, choice.params, `${where}.params`).values, base)
  })
  const picture = await method.loadPicture?.(values, channels)
  const context: DistillationContext = {
    ...base, defenses: active, ...(method.usesRealImages ? { realImages: data.dataset.train } : {}), ...(picture ? { picture } : {}),
  }
  const synthesizer = method.createSynthesizer(values, context)
  const plain = method.createStudentTrainer(values, context, synthesizer)
  const trainer = active.reduce((wrapped, defense) => defense.wrapStudentTrainer?.(wrapped, context) ?? wrapped, plain)
  const work = createStudentStage({
    context, synthesizer, trainer, defenses: active, remarks, totalPseudoBatches: length.total, recording: config.recording, test: data.test, folder: folders.stage,
  })
  return { work, data, startFrom: twinOf(config, job.studentIndex, length, folders.stage) }
}

/** The data stage loads (or draws) the data set and counts what the plan would poison. */
export async function runDataStage(config: ExperimentConfig, folders: StageFolders, onProgress: Progress): Promise<PreparedData> {
  return prepareData(config, folders.cache, onProgress)
}
