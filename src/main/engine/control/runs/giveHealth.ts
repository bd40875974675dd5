/** Once: what evaluations and images of earlier versions tell about the health of their models. */
import {
  collapsedGenerator,
  divergedAt,
  type Evaluation,
  type HealthFinding,
  type MetricName,
} from '../../../../shared/domain'
import { analyses } from '../../families/analyses'
import type { EvaluatedAnswers } from '../../families/analyses/types'
import { createYielding } from '../../images/yielding'
import type { MemberTable } from '../experiments/memberTable'
import type { KeptStage, RunStore } from '../store'

export async function giveHealth(store: RunStore, table: MemberTable): Promise<void> {
  if (!store.lacks('health of models')) return
  const yielding = createYielding()
  for (const { place } of [...store.stages.all()]) {
    if (yielding.due()) await yielding.pause()
    if (!store.stages.has(place)) continue
    const change = foundOf(store.stages.get(place), store, table)
    if (change) store.stages.update(place, change)
  }
  store.has('health of models')
}

/** null where there is nothing to add: of stages of this version, above all. */
function foundOf(stage: KeptStage, store: RunStore, table: MemberTable): Partial<KeptStage> | null {
  const { kind, evaluation, place } = stage
  // What works, or will, says it itself.
  if (kind === 'data' || stage.state === 'running' || stage.state === 'waiting') return null
  if (evaluation?.classes !== undefined || stage.health) return null
  try {
    const health = [...diverged(stage, store), ...collapsed(stage, store)]
    const answers = evaluation && { ...classesOfData(place, store, table), ...answersOf(place, store) }
    if (health.length === 0 && !answers) return null
    return {
      ...(health.length > 0 ? { health } : {}),
      ...(evaluation && answers ? { evaluation: { ...evaluation, ...answers } satisfies Evaluation } : {}),
    }
  } catch {
    // A damaged row tells nothing, and keeps nobody from opening the workspace.
    return null
  }
}

function answersOf(place: string, store: RunStore): EvaluatedAnswers {
  for (const { id, artifact: schema, evaluated } of analyses.members) {
    const [stored] = evaluated ? store.artifacts.read(place, { analysis: id }) : []
    const read = schema.safeParse(stored?.artifact)
    if (evaluated && read.success) return evaluated(read.data)
  }
  return {}
}

/** Where the set has the same number of classes in every copy. */
function classesOfData(place: string, store: RunStore, table: MemberTable): EvaluatedAnswers {
  const [runId] = store.runs.naming(place)
  const facts = runId === undefined ? undefined : table.find('dataset', store.runs.peek(runId).data)?.facts
  const names = facts?.['classNames']
  const classes = facts?.['classes'] ?? (Array.isArray(names) ? names.length : undefined)
  return typeof classes === 'number' && classes > 0 ? { classes } : {}
}

function collapsed({ kind, place, totalSteps }: KeptStage, store: RunStore): HealthFinding[] {
  const images = kind === 'student' ? store.images.newest(place) : null
  const finding = images && collapsedGenerator(images, totalSteps)
  return finding ? [finding] : []
}

/** Only a training that has failed may have ended with a number that is not finite. */
function diverged({ state, place, step }: KeptStage, store: RunStore): HealthFinding[] {
  if (state !== 'failed') return []
  const last = [...store.metrics.last(place)].map(([name, value]) => ({ name: name as MetricName, step, value }))
  const finding = divergedAt(last)
  return finding ? [finding] : []
}
