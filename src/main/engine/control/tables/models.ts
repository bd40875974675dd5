/** Records of single models, with what they are compared with. */
import {
  publishedComparison,
  resultsOf,
  saidPrecision,
  stagePrecision,
  type Condition,
  type ModelRecord,
} from '../../../../shared/domain'
import type { TableSource } from './source'
import type { TableIndex } from './tableIndex'

/** Of a record that cannot be read. */
const unknownCondition: Condition = { key: '', number: -1 }

/** null where the model is gone. */
export function modelRecord(index: TableIndex, source: TableSource, key: string): ModelRecord | null {
  const slash = key.indexOf('/')
  const [runId, stageId] = [key.slice(0, slash), key.slice(slash + 1)]
  if (slash < 0 || !source.has(runId)) return null
  const run = source.run(runId)
  const stage = run.stages.find(({ id }) => id === stageId)
  const result = resultsOf({ ...run, stages: [...run.stages] }).find((entry) => entry.stageId === stageId)
  if (!stage || !result) return null
  const { twin, der, rir } = beside(index, runId, stageId)
  const { evaluation } = stage
  return {
    ...result,
    key,
    der,
    rir,
    condition: stage.condition ?? unknownCondition,
    settings: stage.settings ?? {},
    evaluation,
    health: stage.health ?? [],
    published: publishedComparison(result, run.method),
    leaves: stage.prefix ? leavesAt(index, runId, stage.prefix) : null,
    twin,
    step: stage.step,
    totalSteps: stage.totalSteps,
    ...(stage.stepUnits ? { stepUnits: stage.stepUnits } : {}),
    tags: run.tags,
    ...saidPrecision(stagePrecision(stage)),
  }
}

/** Its undefended twin, of whatever run, and what the defense is worth beside it. */
function beside(index: TableIndex, runId: string, stageId: string): Pick<ModelRecord, 'twin' | 'der' | 'rir'> {
  const [row] = index.database.columns(
    `SELECT m.number, tr.id, t.stage FROM index_models m JOIN index_runs r ON r.number = m.run
      LEFT JOIN index_models t ON t.number = m.twin LEFT JOIN index_runs tr ON tr.number = t.run
      WHERE r.id = ? AND m.stage = ?`,
    runId,
    stageId,
  )
  if (!row) return { twin: null, der: null, rir: null }
  const [number, twinRun, twinStage] = row
  const worth = (path: string): number | null => {
    const id = index.pathId(path)
    const fact =
      id === undefined
        ? undefined
        : index.database.get('SELECT number FROM index_facts WHERE path = ? AND subject = ?', id, Number(number))
    return fact?.number === null || fact?.number === undefined ? null : Number(fact.number)
  }
  return {
    twin: twinRun === null ? null : `${String(twinRun)}/${String(twinStage)}`,
    der: worth('der'),
    rir: worth('rir'),
  }
}

/** The student with that key, of the same run where there is one. */
function leavesAt(
  index: TableIndex,
  runId: string,
  { key, step }: { readonly key: string; readonly step: number },
): ModelRecord['leaves'] {
  const [row] = index.database.columns(
    `SELECT r.id, m.stage FROM index_places p JOIN index_models m ON m.place = p.number
      JOIN index_runs r ON r.number = m.run WHERE p.key = ? ORDER BY r.id = ? DESC, r.created DESC LIMIT 1`,
    key,
    runId,
  )
  return row ? { key: `${String(row[0])}/${String(row[1])}`, step } : null
}
