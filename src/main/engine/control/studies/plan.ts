/** What starting a study would mean: stages by key, time, disk, in words. */
import type { WorkTime } from '../experiments/estimate'
import type { ExperimentConfig, StudyPlan } from '../../../../shared/domain'
import { createYielding } from '../../images/yielding'
import type { PlannedStage, StageBook } from './types'
import { planWords } from './words'

export interface PlannedRun {
  readonly config: ExperimentConfig
  readonly executor: string
}

export interface PlanContext {
  readonly book: StageBook
  /** As `experiment.estimate`. */
  estimate(config: ExperimentConfig): Promise<WorkTime>
  /** Pseudo batches of a student, the further ones of its defenses included. */
  length(config: ExperimentConfig, student: number): number
  /** What a run keeps on disk, by stage id. */
  bytes(config: ExperimentConfig): Readonly<Record<string, number>>
}

/** A stage of the plan: once, whoever asks for it. */
export interface StageOfPlan extends PlannedStage {
  readonly done: boolean
  /** Of a teacher: it is read and evaluated, not trained. */
  readonly fromFile: boolean
  /** Of a student: its pseudo batches. */
  readonly length: number
  /** Working seconds still to do. */
  readonly seconds: number
  readonly bytes: number
}

export interface StagesOfPlan {
  /** By key, each after those that it waits for. */
  readonly stages: ReadonlyMap<string, StageOfPlan>
  /** Stages of each cell, in the order of the cells. */
  readonly ofCells: readonly (readonly PlannedStage[])[]
  readonly basis: StudyPlan['basis']
}

/** Reading the data is no training: what is asked for, new and reused counts teachers and students. */
export const isTrained = ({ kind }: Pick<PlannedStage, 'kind'>): boolean => kind !== 'data'

/** What decides how long a run takes and how much it writes. Runs that differ in seed or trigger are alike. */
const shapeOf = ({ data, teacher, distillation, students, recording, execution }: ExperimentConfig): string =>
  JSON.stringify([data, teacher, distillation, students, recording, execution])

type Costs = { readonly estimate: WorkTime; readonly bytes: Readonly<Record<string, number>> }

/** The stages of all cells. `cells` are resolved. */
export async function stagesOfCells(
  cells: readonly PlannedRun[],
  { book, estimate, bytes, length }: PlanContext,
  signal?: AbortSignal,
): Promise<StagesOfPlan> {
  await book.read(cells.map(({ config }) => config))
  const yielding = createYielding(signal)
  const costs = new Map<string, Costs>()
  const stages = new Map<string, StageOfPlan>()
  const ofCells: (readonly PlannedStage[])[] = []
  for (const { config, executor } of cells) {
    if (yielding.due()) await yielding.pause()
    const shape = shapeOf(config)
    const known = costs.get(shape) ?? { estimate: await estimate(config), bytes: bytes(config) }
    costs.set(shape, known)
    const own = book.keysOf(config, executor)
    ofCells.push(own)
    for (const stage of own) {
      if (stages.has(stage.key)) continue
      const found = book.find(stage.key)
      const done = found?.state === 'done'
      const seconds = done ? 0 : Math.max(0, (known.estimate.stages[stage.id] ?? 0) - (found?.seconds ?? 0))
      stages.set(stage.key, {
        ...stage,
        done,
        fromFile: stage.kind === 'teacher' && config.teacher.source === 'file',
        seconds,
        length: stage.kind === 'student' ? length(config, stage.index) : 0,
        bytes: done ? 0 : (known.bytes[stage.id] ?? 0),
      })
    }
  }
  const measured = costs.size > 0 && [...costs.values()].every((cost) => cost.estimate.basis === 'measured')
  return { stages: withoutPrefixes(stages, book), ofCells, basis: measured ? 'measured' : 'calculated' }
}

/** What a student has in common with another one of the plan, or with one that is done, is not done twice. */
function withoutPrefixes(
  stages: ReadonlyMap<string, StageOfPlan>,
  book: Pick<StageBook, 'find'>,
): Map<string, StageOfPlan> {
  return new Map(
    [...stages].map(([key, stage]): [string, StageOfPlan] => {
      const { prefix, done, seconds, length, after } = stage
      if (!prefix || done || length <= 0) return [key, stage]
      const planned = stages.has(prefix.key)
      if (!planned && book.find(prefix.key)?.state !== 'done') return [key, stage]
      const left = seconds * Math.max(0, 1 - prefix.step / length)
      return [key, { ...stage, seconds: left, after: planned ? [...after, prefix.key] : after }]
    }),
  )
}

/** Seconds until the last stage could end if every stage began as soon as it may. */
function longestChain(stages: StagesOfPlan['stages']): number {
  const ends = new Map<string, number>()
  const endOf = (key: string): number => {
    const known = ends.get(key)
    if (known !== undefined) return known
    const stage = stages.get(key)
    const end = stage ? stage.seconds + Math.max(0, ...stage.after.map(endOf)) : 0
    ends.set(key, end)
    return end
  }
  return Math.max(0, ...[...stages.keys()].map(endOf))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

export type PlanNumbers = Omit<StudyPlan, 'cells'>

/**
 * @param slots how many stages the executor works on at once
 * @param cells how many there will be: a study that searches is planned by a sample of them
 */
export function planOf(
  { stages, ofCells, basis }: StagesOfPlan,
  { slots, cells }: { readonly slots: number; readonly cells: number },
): PlanNumbers {
  const share = ofCells.length > 0 ? cells / ofCells.length : 1
  const scaled = (value: number): number => Math.round(value * share)
  const all = [...stages.values()]
  const fresh = all.filter(({ done }) => !done)
  const trained = fresh.filter(isTrained)
  const numbers = {
    stages: {
      asked: scaled(sum(ofCells.map((own) => own.filter(isTrained).length))),
      new: scaled(trained.length),
      reused: all.filter((stage) => stage.done && isTrained(stage)).length,
    },
    seconds: sum(fresh.map(({ seconds }) => seconds)) * share,
    longestChain: longestChain(stages),
    bytes: scaled(sum(fresh.map(({ bytes }) => bytes))),
    basis,
  }
  const count = (which: (stage: StageOfPlan) => boolean): number => scaled(trained.filter(which).length)
  return {
    ...numbers,
    words: planWords({
      ...numbers,
      cells,
      read: count(({ fromFile }) => fromFile),
      teachers: count(({ kind, fromFile }) => kind === 'teacher' && !fromFile),
      students: count(({ kind }) => kind === 'student'),
      reused: numbers.stages.reused,
      slots,
    }),
  }
}
