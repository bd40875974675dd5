/** The pipeline of an experiment: data → teacher → one stage per student. */
import {
  ownMachine,
  recipeOf,
  type ExperimentConfig,
  type OwnStage,
  type RunDetail,
  type RunSummary,
} from '../../../../shared/domain'
import type { ConditionOf } from '../experiments/conditions'
import type { OtherSettings } from '../experiments/otherSettings'
import { stagesOf } from '../experiments/stages'

export interface NewRun {
  readonly id: string
  readonly config: ExperimentConfig
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly preset?: string | null
  readonly note?: string
  /** Default: nothing is published. */
  readonly otherSettings?: OtherSettings
  /** Default: nothing is said of the kinds of models. */
  readonly conditionOf?: ConditionOf
  readonly executor?: string
  readonly priority?: number
  readonly study?: RunSummary['study']
  readonly until?: number | null
  readonly forkedFrom?: RunSummary['forkedFrom']
  readonly reproduces?: RunSummary['reproduces']
  /** The one that its students build on, where it is there already. */
  readonly teacher?: Pick<OwnStage, 'precision'> | undefined
}

/** A record for a run that waits to start. */
export function newRun({
  id,
  config,
  createdAt,
  preset = null,
  note = '',
  otherSettings = () => undefined,
  conditionOf = () => undefined,
  executor = ownMachine,
  priority = 0,
  study = null,
  until = null,
  forkedFrom,
  reproduces,
  teacher,
}: NewRun): Omit<RunDetail, 'changedPaths'> {
  const stages = stagesOf(config, teacher?.precision).map((record) => {
    const others = otherSettings(config, record)
    return { ...record, ...conditionOf(config, record), ...(others === undefined ? {} : { otherSettings: others }) }
  })
  return {
    id,
    config,
    preset,
    note,
    executor,
    priority,
    study,
    until,
    ...(forkedFrom ? { forkedFrom } : {}),
    ...(reproduces ? { reproduces } : {}),
    name: config.name,
    tags: [],
    state: 'queued',
    createdAt,
    startedAt: null,
    endedAt: null,
    seconds: 0,
    stages,
    data: config.data.id,
    attack: config.attack.id,
    poisonRatio: config.teacher.source === 'file' ? null : config.poisoning.ratio,
    target: config.poisoning.target,
    method: config.distillation.method.id,
    seed: config.seed,
    recipe: recipeOf(config),
    device: null,
    error: null,
    deletedAt: null,
    bytesOnDisk: 0,
  }
}

/** 20240131-174500-a1b2: sorts by time, reads as one. */
export function newRunId(now: Date, random: string): string {
  const digits = now.toISOString().replace(/[-:]/g, '').slice(0, 15).replace('T', '-')
  return `${digits}-${random}`
}
