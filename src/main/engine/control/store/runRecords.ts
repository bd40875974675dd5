/** The records of runs as they are written, and as they are read again, whatever version wrote them. */
import {
  executionSchema,
  poisoningSchema,
  recordingSchema,
  stageNameOf,
  teacherSourceSchema,
  type ExperimentConfig,
  type OwnStage,
  type RunSummary,
  type StageProgress,
  type StageRecord,
} from '../../../../shared/domain'
import { UserError, toCauses } from '../../../../shared/errors'
import { defaultsOf } from '../../../../shared/schema'
import { completeTraining } from '../../families/teacherTraining'
import { textOf, type Database, type Row } from './database'
import { readMarks } from './marks'
import { placeInRun, type KeptStage, type StagesTable } from './stages'

/** A run's own record: what its stages have come to is kept with them. */
export type StoredSummary = Omit<RunSummary, 'stages'>

/** A run as it is held in memory. */
export interface HeldRun {
  stored: StoredSummary
  stages: NamedStage[]
}
/** A stage as a run names it. */
export type NamedStage = OwnStage & { readonly place: string }

const ownFields = [
  'id',
  'kind',
  'index',
  'title',
  'method',
  'defense',
  'otherSettings',
  'recipe',
  'pairKey',
  'condition',
  'settings',
  'key',
  'keyDevice',
  'precision',
  'place',
  'prefix',
] as const

/** The run's words for a stage. */
function ownStage(runId: string, stage: StageRecord): NamedStage {
  const own: Record<string, unknown> = { place: stage.place ?? placeInRun(runId, stage.id) }
  for (const name of ownFields) if (stage[name] !== undefined) own[name] = stage[name]
  return own as unknown as NamedStage
}

/** A stage's record as the run's words for it and what is kept at its place. */
export function stageToKeep(runId: string, record: StageRecord): { own: NamedStage; progress: KeptStage } {
  const stage = numbered(record)
  const own = ownStage(runId, stage)
  const { place } = own
  const { origin, ...rest } = stage
  const progress = Object.fromEntries(
    Object.entries(rest).filter(([name]) => name === 'kind' || !(ownFields as readonly string[]).includes(name)),
  ) as unknown as StageProgress & Pick<KeptStage, 'kind'>
  return {
    own,
    progress: { ...progress, place, key: stage.key ?? null, trainedFor: origin?.runId ?? runId },
  }
}

export function readConfig(database: Database, id: string): ExperimentConfig {
  const row = database.get('SELECT CAST(config AS BLOB) AS config FROM runs WHERE id = ?', id)
  try {
    return completed(JSON.parse(textOf(row?.config)) as ExperimentConfig)
  } catch (error) {
    throw new UserError('The configuration of this run cannot be read.', {
      where: id,
      action: 'The record is damaged; other runs are not affected.',
      cause: error,
    })
  }
}

/**
 * What an earlier version did not know yet has the default that leaves everything as it was; members' own parameters
 * are filled where they are used.
 */
const completed = (config: ExperimentConfig): ExperimentConfig => ({
  ...config,
  poisoning: { ...defaultsOf(poisoningSchema), ...config.poisoning },
  teacher: {
    ...defaultsOf(teacherSourceSchema),
    ...config.teacher,
    training: completeTraining(config.teacher.training),
  } as ExperimentConfig['teacher'],
  recording: { ...defaultsOf(recordingSchema), ...config.recording },
  execution: { ...defaultsOf(executionSchema), ...config.execution },
})

/** Records of earlier versions tell a stage by its id alone. */
const numbered = (stage: StageRecord): StageRecord => ({
  ...stage,
  index: (stage.index as number | undefined) ?? stageNameOf(stage.id)?.index ?? 0,
})

/** A damaged record becomes a failed run that says so: it never hides the others. */
export function loadRuns(database: Database, kept: StagesTable): Map<string, HeldRun> {
  const stages = new Map<string, NamedStage[]>()
  const damaged = new Map<string, unknown>()
  for (const [runId, stageId, place, record] of database.columns(
    'SELECT run_id, id, place, CAST(record AS BLOB) FROM run_stages ORDER BY run_id, position',
  )) {
    const id = String(runId)
    const fault = kept.damaged.get(String(place))
    if (fault !== undefined) damaged.set(id, fault)
    try {
      const list = stages.get(id) ?? []
      const parsed = JSON.parse(textOf(record)) as StageRecord
      list.push(ownStage(id, numbered({ ...parsed, id: String(stageId), place: String(place) })))
      stages.set(id, list)
    } catch (error) {
      damaged.set(id, error)
    }
  }
  const runs = new Map<string, HeldRun>()
  const marks = readMarks(database)
  for (const row of database.all('SELECT id, created_at, deleted_at, CAST(summary AS BLOB) AS summary FROM runs')) {
    const id = String(row.id)
    const named = (stages.get(id) ?? []).filter(({ place }) => kept.has(place))
    runs.set(id, { stored: { ...readSummary(row, damaged.get(id)), ...marks.get(id) }, stages: named })
  }
  return runs
}

function readSummary(row: Row, fault: unknown): StoredSummary {
  try {
    const stored = JSON.parse(textOf(row.summary)) as StoredSummary
    if (typeof stored.name !== 'string' || typeof stored.state !== 'string') throw new Error('fields are missing')
    return { ...stored, ...(fault === undefined ? {} : damageOf(String(row.id), fault)) }
  } catch (error) {
    return damagedRun(row, error)
  }
}

const damageOf = (id: string, fault: unknown): Pick<RunSummary, 'state' | 'error'> => ({
  state: 'failed',
  error: toCauses(
    new UserError('The record of this run is damaged.', {
      where: id,
      action: 'Its files are untouched in the workspace; delete the run to be rid of it.',
      cause: fault,
    }),
  ),
})

function damagedRun(row: Row, fault: unknown): StoredSummary {
  const id = String(row.id)
  return {
    id,
    name: `Damaged run ${id}`,
    note: '',
    tags: [],
    createdAt: Number(row.created_at) || 0,
    startedAt: null,
    endedAt: null,
    seconds: 0,
    data: '',
    attack: '',
    poisonRatio: 0,
    target: 0,
    method: '',
    seed: 0,
    preset: null,
    device: null,
    deletedAt: typeof row.deleted_at === 'number' ? row.deleted_at : null,
    bytesOnDisk: 0,
    ...damageOf(id, fault),
  }
}
